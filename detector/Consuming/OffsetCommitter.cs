using System.Diagnostics.CodeAnalysis;
using Confluent.Kafka;

namespace Game.Detector.Consuming;

/// <summary>
/// Commits offsets beside the consumer's thread, one commit at a time: a coordinator that does not answer must not hold up partitions that can be read.
/// </summary>
internal sealed class OffsetCommitter(IConsumer<byte[]?, byte[]?> consumer, ILogger log)
{
    private Task<bool> running = Task.FromResult(true);

    /// <summary>Whether a new commit may begin.</summary>
    public bool IsIdle => running.IsCompleted;

    /// <summary>False once when the last commit failed: its offsets have to be committed again.</summary>
    public bool TakeResult()
    {
        bool succeeded = !running.IsCompletedSuccessfully || Result;
        if (!succeeded)
            running = Task.FromResult(true);
        return succeeded;
    }

    public void Begin(IReadOnlyCollection<TopicPartitionOffset> offsets) => running = Task.Run(() => Commit(offsets));

    /// <summary>Waits for the running commit, so that it cannot set back a later one, then commits on this thread.</summary>
    [SuppressMessage("Usage", "VSTHRD002:Avoid problematic synchronous waits", Justification = "The consumer's own thread has no context to wait for.")]
    public void Finish(IReadOnlyCollection<TopicPartitionOffset> offsets, TimeSpan wait)
    {
        running.Wait(wait);
        if (offsets.Count > 0)
            Commit(offsets);
    }

    [SuppressMessage("Usage", "VSTHRD002:Avoid problematic synchronous waits", Justification = "Read only when complete.")]
    private bool Result => running.Result;

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
