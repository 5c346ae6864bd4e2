using Confluent.Kafka;
using Game.Contracts;
using Game.Detector.Logging;
using Game.Detector.Sending;

namespace Game.Detector.Consuming;

/// <summary>
/// One member of a consumer group on a thread of its own: reads, hands records to the work, commits what is safe, gives partitions back in order.
/// </summary>
internal sealed class GroupLoop : IDisposable
{
    /// <summary>How long a partition that goes away waits for its last acknowledgements: well within a rebalance.</summary>
    private static readonly TimeSpan ReleaseWait = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan PollWait = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan CommitInterval = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan FlushWait = TimeSpan.FromSeconds(10);

    private readonly IConsumer<byte[]?, byte[]?> _consumer;
    private readonly OffsetCommitter _committer;
    private readonly IGroupWork _work;
    private readonly Outbox _outbox;
    private readonly TimeProvider _time;
    private readonly ILogger _log;
    private readonly ClientErrors _errors;
    private readonly string _topic;
    private readonly PartitionLedger?[] _ledgers;
    private readonly TaskCompletionSource<string> _failure = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private long _lastCommit;
    private volatile bool _joined;

    public GroupLoop(GroupLoopOptions options, IGroupWork work, Outbox outbox, TimeProvider time, ILogger log)
    {
        _work = work;
        _outbox = outbox;
        _time = time;
        _log = log;
        _errors = new ClientErrors("consumer", time, log);
        _topic = options.Topic;
        _ledgers = new PartitionLedger?[options.Partitions];
        ConsumerConfig config = ClientSettings.Consumer(options.BootstrapServers, options.ClientId, options.Group);
        config.SessionTimeoutMs = options.SessionTimeoutMs;
        config.HeartbeatIntervalMs = options.HeartbeatIntervalMs;
        _consumer = new ConsumerBuilder<byte[]?, byte[]?>(config)
            .SetPartitionsAssignedHandler((_, assigned) => Assign(assigned))
            .SetPartitionsRevokedHandler((_, revoked) => Release(revoked, commit: true))
            .SetPartitionsLostHandler((_, lost) => Release(lost, commit: false))
            .SetLogHandler((_, message) => DetectorLog.Client(log, message.Name, message.Message))
            .SetErrorHandler((_, error) => Report(error))
            .Build();
        _committer = new OffsetCommitter(_consumer, log);
    }

    /// <summary>Whether the group has given this member its part, be it nothing.</summary>
    public bool HasJoined => _joined;

    /// <summary>Completes with one sentence when the member cannot go on.</summary>
    public Task<string> Failure => _failure.Task;

    /// <summary>Runs until cancelled or failed, then commits and leaves the group. Blocks its thread.</summary>
    public void Run(CancellationToken cancel)
    {
        try
        {
            _consumer.Subscribe(_topic);
            while (!cancel.IsCancellationRequested && !_failure.Task.IsCompleted && !_outbox.Failure.IsCompleted)
            {
                Step(cancel);
            }
        }
        catch (Exception e) when (e is KafkaException or InvalidOperationException) // the top of the loop: the process ends with this sentence
        {
            _failure.TrySetResult($"Reading {_topic} failed: {e.Message}");
        }
        finally
        {
            Leave();
        }
    }

    public void Dispose() => _consumer.Dispose();

    private void Step(CancellationToken cancel)
    {
        _work.Turn(_consumer);
        _outbox.SendSmaller();
        ConsumeResult<byte[]?, byte[]?>? record = Poll();
        if (record is not null && _ledgers[record.Partition.Value] is not null)
        {
            _work.Consume(record, cancel);
        }
        if (_time.GetElapsedTime(_lastCommit) < CommitInterval)
        {
            return;
        }
        _lastCommit = _time.GetTimestamp();
        CommitSafe();
        _work.Report(_consumer);
    }

    private ConsumeResult<byte[]?, byte[]?>? Poll()
    {
        try
        {
            return _consumer.Consume(PollWait);
        }
        catch (ConsumeException e) when (!e.Error.IsFatal)
        {
            _errors.Tell(e.Error);
            return null;
        }
    }

    private void CommitSafe()
    {
        if (!_committer.IsIdle)
        {
            return;
        }
        List<TopicPartitionOffset> offsets = TakeCommits(Enumerable.Range(0, _ledgers.Length));
        if (offsets.Count > 0)
        {
            _committer.Begin(offsets);
        }
    }

    // What the last commit could not commit is taken again.
    private List<TopicPartitionOffset> TakeCommits(IEnumerable<int> partitions)
    {
        if (!_committer.TakeResult())
        {
            foreach (PartitionLedger? ledger in _ledgers)
            {
                ledger?.ForgetCommit();
            }
        }

        List<TopicPartitionOffset> offsets = new();
        foreach (int partition in partitions)
        {
            if (_ledgers[partition]?.TryTakeCommit(out long offset) == true)
            {
                offsets.Add(new TopicPartitionOffset(_topic, partition, offset));
            }
        }

        return offsets;
    }

    private void Assign(List<TopicPartition> assigned)
    {
        foreach (TopicPartition partition in assigned)
        {
            DetectorLog.Assigned(_log, partition.Topic, partition.Partition.Value);
            PartitionLedger ledger = new();
            _ledgers[partition.Partition.Value] = ledger;
            _work.Assign(partition.Partition.Value, ledger);
        }

        _joined = true;
    }

    private void Release(List<TopicPartitionOffset> released, bool commit)
    {
        int[] partitions = [.. released.Select(partition => partition.Partition.Value)];
        if (commit)
        {
            AwaitAcknowledgements(partitions);
            if (_committer.Await(ReleaseWait))
            {
                _committer.Finish(TakeCommits(partitions), ReleaseWait);
            }
        }

        foreach (int partition in partitions)
        {
            DetectorLog.Released(_log, _topic, partition, commit ? "revoked" : "lost");
            _ledgers[partition] = null;
            _work.Release(partition);
        }
    }

    private void AwaitAcknowledgements(int[] partitions)
    {
        long start = _time.GetTimestamp();
        while (_time.GetElapsedTime(start) < ReleaseWait && !_outbox.Failure.IsCompleted && partitions.Any(partition => _ledgers[partition]?.Settle() == false))
        {
            _outbox.AwaitAcknowledgement();
        }
    }

    private void Leave()
    {
        _outbox.Flush(FlushWait);
        try
        {
            _consumer.Close(); // revokes: commits and releases
            DetectorLog.Left(_log, _topic);
        }
        catch (KafkaException e)
        {
            _errors.Tell(e.Error);
        }
    }

    private void Report(Error error)
    {
        _errors.Tell(error);
        if (error.IsFatal)
        {
            _failure.TrySetResult($"The consumer failed for good: {error.Reason}.");
        }
    }
}

/// <summary>What a <see cref="GroupLoop"/> reads.</summary>
internal sealed record GroupLoopOptions(string BootstrapServers, string ClientId, string Group, string Topic, int Partitions)
{
    /// <summary>A killed detector's partitions go to another one after this time: short, because its players are unwatched meanwhile.</summary>
    public int SessionTimeoutMs { get; init; } = 6_000;

    /// <summary>Members learn of a rebalance with their next heartbeat, and until all have, moving partitions are unwatched.</summary>
    public int HeartbeatIntervalMs { get; init; } = 1_000;
}
