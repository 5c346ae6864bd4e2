using System.Diagnostics.CodeAnalysis;
using Confluent.Kafka;
using Game.Detector.Logging;

namespace Game.Detector.Consuming;

/// <summary>Commits offsets, one commit at a time, on another thread than the consumer's: a coordinator that does not answer must not delay reading.</summary>
internal sealed class OffsetCommitter(IConsumer<byte[]?, byte[]?> consumer, ILogger log)
{
    private Task<bool> _running = Task.FromResult(true);

    /// <summary>Whether a new commit may begin.</summary>
    public bool IsIdle => _running.IsCompleted;

    /// <summary>False once for each failed commit: the caller then commits its offsets again. True while a commit runs and after one that succeeded.</summary>
    public bool TryConfirm()
    {
        bool succeeded = !_running.IsCompletedSuccessfully || Result;
        if (!succeeded)
        {
            _running = Task.FromResult(true);
        }
        return succeeded;
    }

    public void Begin(IReadOnlyCollection<TopicPartitionOffset> offsets) => _running = Task.Run(() => Commit(offsets));

    /// <summary>
    /// Waits for the running commit; false if it still runs after <paramref name="wait"/>: no other may begin, because the older one could undo it.
    /// </summary>
    [SuppressMessage("Usage", "VSTHRD002:Avoid problematic synchronous waits", Justification = "The consumer's own thread has no context to wait for.")]
    public bool Await(TimeSpan wait) => _running.Wait(wait);

    /// <summary>Commits and waits for the end of the commit, <paramref name="wait"/> at most. Call it after <see cref="Await"/> has returned true.</summary>
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
        catch (KafkaException e) // a rebalance has begun, or there is no coordinator: the next owner or the next round commits
        {
            DetectorLog.CommitFailed(log, e.Error.Reason);
            return false;
        }
    }
}
