using Broker.Protocol;
using Broker.Server.Time;

namespace Broker.Server.Partitions;

/// <summary>An acks=all append that is in the log and waits until the in-sync replicas have it, or until its time-out. Completes once.</summary>
internal sealed class WaitingAppend : PartitionWaiter, ITimeout
{
    private readonly TaskCompletionSource<AppendOutcome> _answer = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Partition _partition;
    private readonly AppendOutcome _appended;
    private readonly long _lastOffset;
    private readonly int _epoch;
    private TimerHandle? _timer;
    private int _done;

    private WaitingAppend(Partition partition, in AppendOutcome appended, long lastOffset, int epoch) =>
        (_partition, _appended, _lastOffset, _epoch) = (partition, appended, lastOffset, epoch);

    public static Task<AppendOutcome> Start(Partition partition, in AppendOutcome appended, long lastOffset, int epoch, TimeSpan timeout, TimingWheel wheel)
    {
        WaitingAppend waiting = new(partition, appended, lastOffset, epoch);
        waiting._timer = wheel.Schedule(timeout, waiting);
        partition.Waiters.Add(waiting);
        waiting.OnPartitionChanged();
        if (Volatile.Read(ref waiting._done) != 0)
        {
            waiting.StopWaiting(); // it completed while it was being added
        }

        return waiting._answer.Task;
    }

    /// <summary>The outcome of an append for a verdict other than <see cref="AckVerdict.Wait"/>.</summary>
    public static AppendOutcome OutcomeOf(AckVerdict verdict, in AppendOutcome appended) => verdict switch
    {
        AckVerdict.TooFewReplicas => appended with { Error = ErrorCode.NotEnoughReplicasAfterAppend },
        AckVerdict.NotLeader => appended with { Error = ErrorCode.NotLeaderOrFollower },
        AckVerdict.StorageFailed => appended with { Error = ErrorCode.KafkaStorageError },
        _ => appended,
    };

    public override void OnPartitionChanged()
    {
        AckVerdict verdict = _partition.Acknowledge(_lastOffset, _epoch);
        if (verdict != AckVerdict.Wait)
        {
            Complete(OutcomeOf(verdict, _appended));
        }
    }

    public void OnTimeout() => Complete(_appended with { Error = ErrorCode.RequestTimedOut });

    private void Complete(in AppendOutcome outcome)
    {
        if (Interlocked.Exchange(ref _done, 1) == 0)
        {
            StopWaiting();
            _answer.SetResult(outcome);
        }
    }

    private void StopWaiting()
    {
        _timer?.Cancel();
        Leave();
    }
}
