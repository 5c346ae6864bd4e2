using Confluent.Kafka;
using Game.Contracts;
using Game.Detector.Logging;
using Game.Detector.Sending;

namespace Game.Detector.Consuming;

/// <summary>
/// One member of a consumer group, on its own thread: reads records, gives them to an <see cref="IGroupWork"/>, commits offsets whose outputs are acknowledged,
/// and releases partitions in order.
/// </summary>
internal sealed class GroupLoop : IDisposable
{
    /// <summary>
    /// How long a revoked partition waits for the acknowledgements of its alerts: its next owner must find them in the topic, or it raises them again.
    /// Meanwhile the other members continue to read the partitions that they keep; the group waits for <see cref="GroupLoopOptions.MaxPollIntervalMs"/>. After
    /// this time the process ends and sends nothing more.
    /// </summary>
    private static readonly TimeSpan RevokeWait = TimeSpan.FromSeconds(240);

    private static readonly TimeSpan CommitWait = TimeSpan.FromSeconds(5);
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
    private CancellationToken _stop;

    /// <param name="consumer">Not subscribed yet; its rebalance handlers call <see cref="Assign"/>, <see cref="Revoke"/> and <see cref="Lose"/>.</param>
    /// <param name="options">What to read.</param>
    public GroupLoop(IConsumer<byte[]?, byte[]?> consumer, GroupLoopOptions options, IGroupWork work, Outbox outbox, TimeProvider time, ILogger log)
    {
        _consumer = consumer;
        _work = work;
        _outbox = outbox;
        _time = time;
        _log = log;
        _errors = new ClientErrors("consumer", time, log);
        _topic = options.Topic;
        _ledgers = new PartitionLedger?[options.Partitions];
        _committer = new OffsetCommitter(consumer, log);
    }

    /// <summary>Creates a loop with a consumer of its own.</summary>
    public static GroupLoop Connect(GroupLoopOptions options, IGroupWork work, Outbox outbox, TimeProvider time, ILogger log)
    {
        ConsumerConfig config = ClientSettings.Consumer(options.BootstrapServers, options.ClientId, options.Group);
        config.SessionTimeoutMs = options.SessionTimeoutMs;
        config.HeartbeatIntervalMs = options.HeartbeatIntervalMs;
        config.MaxPollIntervalMs = options.MaxPollIntervalMs;
        GroupLoop? loop = null; // the consumer calls its handlers only while Run reads it
        IConsumer<byte[]?, byte[]?> consumer = new ConsumerBuilder<byte[]?, byte[]?>(config)
            .SetPartitionsAssignedHandler((_, assigned) => loop!.Assign(assigned))
            .SetPartitionsRevokedHandler((_, revoked) => loop!.Revoke(revoked))
            .SetPartitionsLostHandler((_, lost) => loop!.Lose(lost))
            .SetLogHandler((_, message) => DetectorLog.Client(log, message.Name, message.Message))
            .SetErrorHandler((_, error) => loop?.Report(error))
            .Build();
        return loop = new GroupLoop(consumer, options, work, outbox, time, log);
    }

    /// <summary>Whether the group has assigned partitions to this member, even if it assigned none.</summary>
    public bool HasJoined => _joined;

    /// <summary>Completes with one sentence when the member cannot continue.</summary>
    public Task<string> Failure => _failure.Task;

    /// <summary>Runs until cancelled or failed, then commits and leaves the group. Blocks its thread.</summary>
    public void Run(CancellationToken cancel)
    {
        _stop = cancel;
        try
        {
            _consumer.Subscribe(_topic);
            while (!cancel.IsCancellationRequested && !_failure.Task.IsCompleted && !_outbox.Failure.IsCompleted)
            {
                Step(cancel);
            }
        }
        catch (Exception e) // the top of the loop: the process ends with this sentence
        {
            _failure.TrySetResult($"Reading {_topic} failed: {e.Message.TrimEnd('.')}.");
        }
        finally
        {
            Leave();
        }
    }

    public void Dispose() => _consumer.Dispose();

    private void Step(CancellationToken cancel)
    {
        _work.BetweenRecords(_consumer);
        _outbox.SendReplacements();
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
        CommitSafeOffsets();
        _work.UpdateStatus(_consumer);
    }

    private ConsumeResult<byte[]?, byte[]?>? Poll()
    {
        try
        {
            return _consumer.Consume(PollWait);
        }
        catch (ConsumeException e) when (!e.Error.IsFatal)
        {
            _errors.Report(e.Error);
            return null;
        }
    }

    private void CommitSafeOffsets()
    {
        if (!_committer.IsIdle)
        {
            return;
        }
        List<TopicPartitionOffset> offsets = BeginCommits(Enumerable.Range(0, _ledgers.Length));
        if (offsets.Count > 0)
        {
            _committer.Begin(offsets);
        }
    }

    // If the last commit failed, this also returns its offsets.
    private List<TopicPartitionOffset> BeginCommits(IEnumerable<int> partitions)
    {
        if (!_committer.TryConfirm())
        {
            foreach (PartitionLedger? ledger in _ledgers)
            {
                ledger?.ForgetCommit();
            }
        }

        List<TopicPartitionOffset> offsets = new();
        foreach (int partition in partitions)
        {
            if (_ledgers[partition]?.TryBeginCommit(out long offset) == true)
            {
                offsets.Add(new TopicPartitionOffset(_topic, partition, offset));
            }
        }

        return offsets;
    }

    internal void Assign(List<TopicPartition> assigned)
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

    /// <summary>The group gives the partitions to another member as soon as this returns.</summary>
    internal void Revoke(List<TopicPartitionOffset> revoked)
    {
        int[] partitions = [.. revoked.Select(partition => partition.Partition.Value)];
        if (!AwaitAcknowledgements(partitions))
        {
            _failure.TrySetResult($"Records sent for revoked partitions of {_topic} are not acknowledged: check the brokers. "
                + "The next owner sends those that it does not find in the topic.");
        }

        if (_committer.Await(CommitWait))
        {
            _committer.Finish(BeginCommits(partitions), CommitWait);
        }

        Release(partitions, "revoked");
    }

    /// <summary>The group has given the partitions to another member already.</summary>
    internal void Lose(List<TopicPartitionOffset> lost) => Release([.. lost.Select(partition => partition.Partition.Value)], "lost");

    private void Release(int[] partitions, string why)
    {
        foreach (int partition in partitions)
        {
            DetectorLog.Released(_log, _topic, partition, why);
            _ledgers[partition] = null;
            _work.Release(partition);
        }
    }

    private bool AwaitAcknowledgements(int[] partitions)
    {
        long start = _time.GetTimestamp();
        while (partitions.Any(partition => _ledgers[partition]?.DropAcknowledged() == false))
        {
            if (_outbox.Failure.IsCompleted || _time.GetElapsedTime(start) >= (_stop.IsCancellationRequested ? FlushWait : RevokeWait))
            {
                return false;
            }

            _outbox.AwaitAcknowledgement();
        }

        return true;
    }

    // When a member leaves the group, other members get its partitions at once. With unacknowledged records this one does not leave: the group waits until its
    // session has timed out, and meanwhile the brokers append the records that are in flight.
    private void Leave()
    {
        _outbox.Flush(FlushWait);
        if (_outbox.InFlight > 0)
        {
            _failure.TrySetResult($"{_outbox.InFlight} records were not acknowledged within {FlushWait.TotalSeconds:F0} s of the stop: "
                + "check the brokers. The next detector sends those that it does not find in the topic.");
            return;
        }

        try
        {
            _consumer.Close(); // revokes: commits and releases
            DetectorLog.Left(_log, _topic);
        }
        catch (KafkaException e)
        {
            _errors.Report(e.Error);
        }
    }

    private void Report(Error error)
    {
        _errors.Report(error);
        if (error.IsFatal)
        {
            _failure.TrySetResult($"The consumer failed and cannot recover: {error.Reason}.");
        }
    }
}

/// <summary>What a <see cref="GroupLoop"/> reads.</summary>
internal sealed record GroupLoopOptions(string BootstrapServers, string ClientId, string Group, string Topic, int Partitions)
{
    /// <summary>
    /// After this time another detector gets the partitions of one that was killed: short, because no detector judges their events in between.
    /// </summary>
    public int SessionTimeoutMs { get; init; } = 6_000;

    /// <summary>
    /// A member learns of a rebalance with its next heartbeat. Until all members know, no detector judges the events of the partitions that move.
    /// </summary>
    public int HeartbeatIntervalMs { get; init; } = 1_000;

    /// <summary>How long the group waits for a member that does not poll, also in a rebalance: longer than all waits of a revocation together.</summary>
    public int MaxPollIntervalMs { get; init; } = 300_000;
}
