using System.Diagnostics.CodeAnalysis;
using Confluent.Kafka;
using Game.Detector.Logging;

namespace Game.Detector.Consuming;

/// <summary>
/// Commits offsets beside the consumer's thread, one commit at a time: a coordinator that does not answer must not hold up partitions that can be read.
/// </summary>
internal sealed class OffsetCommitter(IConsumer<byte[]?, byte[]?> consumer, ILogger log)
{
    private Task<bool> _running = Task.FromResult(true);

    /// <summary>Whether a new commit may begin.</summary>
    public bool IsIdle => _running.IsCompleted;

    /// <summary>False once when the last commit failed: its offsets have to be committed again.</summary>
    public bool TakeResult()
    {
        bool succeeded = !_running.IsCompletedSuccessfully || Result;
        if (!succeeded)
        {
            _running = Task.FromResult(true);
        }
        return succeeded;
    }

    public void Begin(IReadOnlyCollection<TopicPartitionOffset> offsets) => _running = Task.Run(() => Commit(offsets));

    /// <summary>Waits for the running commit, no longer than said; false while it still runs: a second one beside it could be set back by it.</summary>
    [SuppressMessage("Usage", "VSTHRD002:Avoid problematic synchronous waits", Justification = "The consumer's own thread has no context to wait for.")]
    public bool Await(TimeSpan wait) => _running.Wait(wait);

    /// <summary>Commits and waits for it, no longer than said. After <see cref="Await"/>.</summary>
    public void Finish(IReadOnlyCollection<TopicPartitionOffset> offsets, TimeSpan wait)
    {
        if (offsets.Count == 0)
        {
            return;
        }
        Begin(offsets);
        if (!Await(wait))
        {
            DetectorLog.CommitFailed(log, "the coordinator does not answer");
        }
    }

    [SuppressMessage("Usage", "VSTHRD002:Avoid problematic synchronous waits", Justification = "Read only when complete.")]
    private bool Result => _running.Result;

    private bool Commit(IReadOnlyCollection<TopicPartitionOffset> offsets)
    {
        try
        {
            consumer.Commit(offsets);
            return true;
        }
        catch (KafkaException e) // a rebalance came between, or no coordinator: the next owner or the next round commits
        {
            DetectorLog.CommitFailed(log, e.Error.Reason);
            return false;
        }
    }
}
