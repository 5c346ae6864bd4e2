using System.Collections.Concurrent;
using Confluent.Kafka;
using Game.Contracts;
using Game.Detector.Consuming;
using Game.Detector.Logging;
using Game.Detector.Sending;
using Game.Detector.Partitions;

namespace Game.Detector.Assignments;

/// <summary>
/// Watches the players of the partitions this process has: a new partition is paused and rebuilt beside, then read from its committed offset. Nothing but the
/// sending of an alert lies between an event and its alert.
/// </summary>
/// <param name="rebuild">Gives a partition's state as its former owner left it, or null when cancelled; called on threads of its own.</param>
internal sealed class DetectorWork(
    Func<PartitionStatus, CancellationToken, RebuiltPartition?> rebuild, IReadOnlyList<PartitionStatus> statuses, AlertSender sender, DecisionTimes decisions,
    TimeProvider time, ILogger log)
    : IGroupWork, IDisposable
{
    /// <summary>How long the end waits for rebuilds that were cancelled: they look up ten times a second, except while a broker does not answer.</summary>
    private static readonly TimeSpan JoinWait = TimeSpan.FromSeconds(5);

    private static readonly TimeSpan OwnRecordsWait = TimeSpan.FromMilliseconds(20);

    /// <summary>Every 16th decision is timed: enough for percentiles, and no clock is read for the others.</summary>
    private const long TimedMask = 15;

    /// <summary>Rebuilds at once: more would only take the processor from the partitions that are live.</summary>
    private readonly SemaphoreSlim _rebuilding = new(Math.Max(1, Environment.ProcessorCount));
    private readonly Slot?[] _slots = new Slot?[statuses.Count];
    private readonly List<TopicPartition> _toPause = [];
    private readonly ConcurrentQueue<Slot> _rebuilt = new();
    private readonly List<Thread> _threads = [];

    /// <summary>What this process wrote for a partition that it lost before the acknowledgement came.</summary>
    private readonly Delivery[][] _unsettled = [.. statuses.Select(_ => Array.Empty<Delivery>())];

    private sealed class Slot(int partition, PartitionLedger ledger, Delivery[] own)
    {
        /// <summary>Records of an earlier assignment that may still be on their way.</summary>
        public Delivery[] Own { get; } = own;

        public int Partition { get; } = partition;

        public PartitionLedger Ledger { get; } = ledger;

        public CancellationTokenSource Cancel { get; } = new();

        public RebuiltPartition? Rebuilt { get; set; }

        public bool IsLive { get; set; }
    }

    public void Assign(int partition, PartitionLedger ledger)
    {
        Slot slot = new(partition, ledger, _unsettled[partition]);
        _slots[partition] = slot;
        statuses[partition].Phase = PartitionPhase.Rebuilding;
        _toPause.Add(new TopicPartition(Topics.PlayerEvents, partition));
        _threads.RemoveAll(thread => !thread.IsAlive);
        Thread thread = new(() => Rebuild(slot)) { IsBackground = true, Name = $"rebuild-{partition}" };
        _threads.Add(thread);
        thread.Start();
    }

    public void Release(int partition)
    {
        if (_slots[partition] is { } slot)
        {
            slot.Cancel.Cancel();
            _unsettled[partition] = [.. slot.Own.Where(delivery => !delivery.IsDone), .. slot.Ledger.Unsettled];
        }

        _slots[partition] = null;
        _toPause.RemoveAll(paused => paused.Partition.Value == partition);
        statuses[partition].Phase = PartitionPhase.NotAssigned;
        statuses[partition].Players = 0;
    }

    public void Turn(IConsumer<byte[]?, byte[]?> consumer)
    {
        if (_toPause.Count > 0)
        {
            consumer.Pause(_toPause);
            _toPause.Clear();
        }

        for (int waiting = _rebuilt.Count; waiting > 0 && _rebuilt.TryDequeue(out Slot? slot); waiting--)
        {
            if (ReferenceEquals(_slots[slot.Partition], slot) && !TryGoLive(consumer, slot))
            {
                _rebuilt.Enqueue(slot);
            }
        }
    }

    public void Consume(ConsumeResult<byte[]?, byte[]?> record, CancellationToken cancel)
    {
        Slot? slot = _slots[record.Partition.Value];
        long offset = record.Offset.Value;
        if (slot is not { IsLive: true, Rebuilt: { } state } || offset < slot.Ledger.Next)
        {
            return; // fetched before the pause or the seek: it comes again
        }

        PartitionStatus status = statuses[record.Partition.Value];
        long started = (offset & TimedMask) == 0 ? time.GetTimestamp() : 0;
        Decision decision = state.Engine.Process(record.Message.Key, record.Message.Value, offset, record.Message.Timestamp.UnixTimestampMs);
        if (started != 0)
        {
            decisions.Record(time.GetElapsedTime(started));
        }
        status.Events++;
        if (decision.Verdict != Verdict.Judged || decision.Alerts.Count > 0)
        {
            Tell(record, decision, slot, status, cancel);
        }
        slot.Ledger.Pass(offset);
        status.Position = offset + 1;
    }

    public void Report(IConsumer<byte[]?, byte[]?> consumer)
    {
        foreach (Slot? slot in _slots)
        {
            if (slot is not { IsLive: true, Rebuilt: { } state })
            {
                continue;
            }
            long end = consumer.GetWatermarkOffsets(new TopicPartition(Topics.PlayerEvents, slot.Partition)).High.Value;
            PartitionStatus status = statuses[slot.Partition];
            status.End = Math.Max(end, status.Position);
            status.Players = state.Engine.Players;
        }
    }

    /// <summary>Cancels the rebuilds and waits for their ends; one that hangs in a call to a broker is left to the process's end.</summary>
    public void Dispose()
    {
        foreach (Slot? slot in _slots)
        {
            slot?.Cancel.Cancel();
        }
        long start = time.GetTimestamp();
        foreach (Thread thread in _threads)
        {
            TimeSpan left = JoinWait - time.GetElapsedTime(start);
            if (!thread.Join(left > TimeSpan.Zero ? left : TimeSpan.Zero))
            {
                return;
            }
        }

        _rebuilding.Dispose();
    }

    private void Rebuild(Slot slot)
    {
        CancellationToken cancel = slot.Cancel.Token;
        if (!AwaitOwnRecords(slot))
        {
            return;
        }
        try
        {
            _rebuilding.Wait(cancel);
        }
        catch (OperationCanceledException)
        {
            return;
        }

        try
        {
            slot.Rebuilt = rebuild(statuses[slot.Partition], cancel);
        }
        finally
        {
            _rebuilding.Release();
        }

        if (slot.Rebuilt is not null)
        {
            _rebuilt.Enqueue(slot);
        }
    }

    // What is raised already is read from the alerts partition: alerts of ours that land there after that would be raised twice.
    private bool AwaitOwnRecords(Slot slot)
    {
        int count = slot.Own.Count(delivery => !delivery.IsDone);
        if (count > 0)
        {
            DetectorLog.AwaitingOwn(log, slot.Partition, count);
        }
        while (!slot.Own.All(delivery => delivery.IsDone))
        {
            if (slot.Cancel.Token.WaitHandle.WaitOne(OwnRecordsWait))
            {
                return false;
            }
        }

        return true;
    }

    private bool TryGoLive(IConsumer<byte[]?, byte[]?> consumer, Slot slot)
    {
        TopicPartition partition = new(Topics.PlayerEvents, slot.Partition);
        RebuiltPartition state = slot.Rebuilt!;
        try
        {
            consumer.Seek(new TopicPartitionOffset(partition, state.Offset));
        }
        catch (KafkaException e) when (e.Error.Code == ErrorCode.Local_State)
        {
            return false; // the client has not begun to fetch the partition yet: next turn
        }

        slot.Ledger.Start(state.Offset);
        slot.IsLive = true;
        consumer.Resume([partition]);
        PartitionStatus status = statuses[slot.Partition];
        status.Position = state.Offset;
        status.Players = state.Engine.Players;
        status.Phase = PartitionPhase.Live;
        DetectorLog.Live(log, slot.Partition, state.Offset, state.Engine.Players, state.Raised.Count);
        return true;
    }

    private void Tell(ConsumeResult<byte[]?, byte[]?> record, in Decision decision, Slot slot, PartitionStatus status, CancellationToken cancel)
    {
        if (decision.Verdict == Verdict.Repeated)
        {
            status.Repeated++;
        }
        if (decision.IsDeadLetter)
        {
            status.DeadLetters++;
            sender.SendDeadLetter(record, decision.Reason, slot.Ledger.Expect(record.Offset.Value), cancel);
        }

        foreach (Alert alert in decision.Alerts)
        {
            if (slot.Rebuilt!.Raised.Contains(alert))
            {
                status.AlreadyRaised++;
                continue;
            }

            status.Alerts++;
            sender.Send(alert, record, slot.Ledger.Expect(record.Offset.Value), cancel);
        }
    }
}
