using System.Collections.Concurrent;
using Confluent.Kafka;
using Game.Contracts;
using Game.Detector.Consuming;
using Game.Detector.Logging;
using Game.Detector.Partitions;
using Game.Detector.Sending;

namespace Game.Detector.Assignments;

/// <summary>
/// Judges the events of the partitions that this process has. A newly assigned partition is paused while its own thread rebuilds its state; then it is read
/// from its committed offset. An event is judged and its alert sent without any other I/O.
/// </summary>
/// <param name="rebuild">Rebuilds a partition's state up to its committed offset; gives null when cancelled. Runs on the partition's own thread.</param>
internal sealed class DetectorWork(
    Func<int, RebuildProgress, CancellationToken, RebuiltPartition?> rebuild, IReadOnlyList<PartitionStatus> statuses, AlertSender sender,
    DecisionTimes decisions, TimeProvider time, ILogger log)
    : IGroupWork, IDisposable
{
    /// <summary>
    /// How long <see cref="Dispose"/> waits for cancelled rebuilds: they check for cancellation ten times a second, except while a broker does not answer.
    /// </summary>
    private static readonly TimeSpan JoinWait = TimeSpan.FromSeconds(5);

    private static readonly TimeSpan EarlierRecordsPoll = TimeSpan.FromMilliseconds(20);

    /// <summary>Every 16th decision is timed: enough for percentiles; for the others the clock is not read.</summary>
    private const long TimedMask = 15;

    /// <summary>Limits how many rebuilds run at once: more would take processor time from the live partitions.</summary>
    private readonly SemaphoreSlim _rebuilding = new(Math.Max(1, Environment.ProcessorCount));
    private readonly Assignment?[] _assignments = new Assignment?[statuses.Count];
    private readonly List<TopicPartition> _toPause = [];
    private readonly ConcurrentQueue<Assignment> _rebuilt = new();

    /// <summary>The newest rebuild of each partition, cancelled or not: the next one begins when it has ended.</summary>
    private readonly Thread?[] _threads = new Thread?[statuses.Count];

    /// <summary>Records that this process sent for a partition and that were unacknowledged when it lost the partition.</summary>
    private readonly Delivery[][] _unacknowledged = [.. statuses.Select(_ => Array.Empty<Delivery>())];

    /// <summary>A partition from its assignment to its release.</summary>
    private sealed class Assignment(int partition, PartitionLedger ledger, Delivery[] earlierRecords)
    {
        public int Partition { get; } = partition;

        public PartitionLedger Ledger { get; } = ledger;

        /// <summary>Records that this process sent for earlier assignments of the partition and that may be unacknowledged.</summary>
        public Delivery[] EarlierRecords { get; } = earlierRecords;

        public RebuildProgress Progress { get; } = new();

        public CancellationTokenSource Cancel { get; } = new();

        public RebuiltPartition? Rebuilt { get; set; }

        /// <summary>The bug or broken machine that ended the rebuild.</summary>
        public Exception? Failure { get; set; }

        public bool IsLive { get; set; }
    }

    public void Assign(int partition, PartitionLedger ledger)
    {
        Assignment assignment = new(partition, ledger, _unacknowledged[partition]);
        _assignments[partition] = assignment;
        statuses[partition].Rebuild = assignment.Progress;
        statuses[partition].Phase = PartitionPhase.Rebuilding;
        _toPause.Add(new TopicPartition(Topics.PlayerEvents, partition));
        Thread? predecessor = _threads[partition];
        Thread thread = new(() => Run(assignment, predecessor)) { IsBackground = true, Name = $"rebuild-{partition}" };
        _threads[partition] = thread;
        thread.Start();
    }

    public void Release(int partition)
    {
        if (_assignments[partition] is { } assignment)
        {
            assignment.Cancel.Cancel();
            _unacknowledged[partition] = [.. assignment.EarlierRecords.Where(delivery => !delivery.IsDone), .. assignment.Ledger.Unacknowledged];
        }

        _assignments[partition] = null;
        _toPause.RemoveAll(paused => paused.Partition.Value == partition);
        statuses[partition].Phase = PartitionPhase.NotAssigned;
        statuses[partition].Players = 0;
    }

    /// <exception cref="InvalidOperationException">A rebuild failed because of a bug or a broken machine.</exception>
    public void BetweenRecords(IConsumer<byte[]?, byte[]?> consumer)
    {
        if (_toPause.Count > 0)
        {
            consumer.Pause(_toPause);
            _toPause.Clear();
        }

        for (int waiting = _rebuilt.Count; waiting > 0 && _rebuilt.TryDequeue(out Assignment? assignment); waiting--)
        {
            if (assignment.Failure is { } failure)
            {
                string end = $"{failure.GetType().Name}: {failure.Message}";
                throw new InvalidOperationException($"the rebuild of partition {assignment.Partition} ended with {end}", failure);
            }

            if (ReferenceEquals(_assignments[assignment.Partition], assignment) && !TryGoLive(consumer, assignment))
            {
                _rebuilt.Enqueue(assignment);
            }
        }
    }

    public void Consume(ConsumeResult<byte[]?, byte[]?> record, CancellationToken cancel)
    {
        Assignment? assignment = _assignments[record.Partition.Value];
        long offset = record.Offset.Value;
        if (assignment is not { IsLive: true, Rebuilt: { } state } || offset < assignment.Ledger.Next)
        {
            return; // fetched before the pause or the seek: the consumer gives it again
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
            Count(decision.Verdict, status);
            Send(record, decision, assignment, status, cancel);
        }

        assignment.Ledger.MarkRead(offset);
        status.Position = offset + 1;
    }

    public void UpdateStatus(IConsumer<byte[]?, byte[]?> consumer)
    {
        foreach (Assignment? assignment in _assignments)
        {
            if (assignment is not { IsLive: true, Rebuilt: { } state })
            {
                continue;
            }

            long end = consumer.GetWatermarkOffsets(new TopicPartition(Topics.PlayerEvents, assignment.Partition)).High.Value;
            PartitionStatus status = statuses[assignment.Partition];
            status.End = Math.Max(end, status.Position);
            status.Players = state.Engine.Players;
        }
    }

    /// <summary>Cancels the rebuilds and waits until they have ended; a rebuild that hangs in a call to a broker ends with the process.</summary>
    public void Dispose()
    {
        foreach (Assignment? assignment in _assignments)
        {
            assignment?.Cancel.Cancel();
        }

        long start = time.GetTimestamp();
        foreach (Thread? thread in _threads)
        {
            TimeSpan left = JoinWait - time.GetElapsedTime(start);
            if (thread?.Join(left > TimeSpan.Zero ? left : TimeSpan.Zero) == false)
            {
                return;
            }
        }

        _rebuilding.Dispose();
    }

    // A thread waits until its predecessor has ended, even if it has been cancelled itself, so that no two rebuilds of one partition run at once.
    private void Run(Assignment assignment, Thread? predecessor)
    {
        predecessor?.Join();
        try
        {
            if (AwaitEarlierRecords(assignment))
            {
                Rebuild(assignment);
            }
        }
        catch (OperationCanceledException) when (assignment.Cancel.IsCancellationRequested)
        {
            // The partition was released while its rebuild waited to begin.
        }
        catch (Exception e) // the top of the thread: the consumer's thread throws it and ends the process
        {
            assignment.Failure = e;
            _rebuilt.Enqueue(assignment);
        }
    }

    private void Rebuild(Assignment assignment)
    {
        _rebuilding.Wait(assignment.Cancel.Token);
        try
        {
            assignment.Rebuilt = rebuild(assignment.Partition, assignment.Progress, assignment.Cancel.Token);
        }
        finally
        {
            _rebuilding.Release();
        }

        if (assignment.Rebuilt is not null)
        {
            _rebuilt.Enqueue(assignment);
        }
    }

    // The rebuild reads from the alerts partition which alerts have been raised. Alerts of this process that are appended after that would be raised twice.
    private bool AwaitEarlierRecords(Assignment assignment)
    {
        int count = assignment.EarlierRecords.Count(delivery => !delivery.IsDone);
        if (count > 0)
        {
            DetectorLog.AwaitingEarlierRecords(log, assignment.Partition, count);
        }

        while (!assignment.EarlierRecords.All(delivery => delivery.IsDone))
        {
            if (assignment.Cancel.Token.WaitHandle.WaitOne(EarlierRecordsPoll))
            {
                return false;
            }
        }

        return true;
    }

    private bool TryGoLive(IConsumer<byte[]?, byte[]?> consumer, Assignment assignment)
    {
        TopicPartition partition = new(Topics.PlayerEvents, assignment.Partition);
        RebuiltPartition state = assignment.Rebuilt!;
        try
        {
            consumer.Seek(new TopicPartitionOffset(partition, state.Offset));
        }
        catch (KafkaException e) when (e.Error.Code == ErrorCode.Local_State)
        {
            return false; // the client does not fetch the partition yet: the next call tries again
        }

        assignment.Ledger.Start(state.Offset);
        assignment.IsLive = true;
        consumer.Resume([partition]);
        PartitionStatus status = statuses[assignment.Partition];
        status.Position = state.Offset;
        status.End = state.End;
        status.Players = state.Engine.Players;
        status.Phase = PartitionPhase.Live;
        DetectorLog.Live(log, assignment.Partition, state.Offset, state.Engine.Players, state.Raised.Count);
        return true;
    }

    private static void Count(Verdict verdict, PartitionStatus status)
    {
        switch (verdict)
        {
            case Verdict.Repeated:
                status.Repeated++;
                break;
            case Verdict.Misdated:
                status.Misdated++;
                break;
            case Verdict.Undecodable or Verdict.KeyMismatch:
                status.DeadLetters++;
                break;
        }
    }

    private void Send(ConsumeResult<byte[]?, byte[]?> record, in Decision decision, Assignment assignment, PartitionStatus status, CancellationToken cancel)
    {
        long offset = record.Offset.Value;
        if (decision.IsDeadLetter)
        {
            sender.SendDeadLetter(record, decision.Reason, assignment.Ledger.AddOutput(offset), cancel);
        }

        foreach (Alert alert in decision.Alerts)
        {
            if (assignment.Rebuilt!.Raised.Contains(alert))
            {
                status.AlreadyRaised++;
                continue;
            }

            status.Alerts++;
            sender.Send(alert, record, assignment.Ledger.AddOutput(offset), cancel);
        }
    }
}
