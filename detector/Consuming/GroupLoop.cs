using Confluent.Kafka;
using Game.Contracts;

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

    private readonly IConsumer<byte[]?, byte[]?> consumer;
    private readonly OffsetCommitter committer;
    private readonly IGroupWork work;
    private readonly Outbox outbox;
    private readonly TimeProvider time;
    private readonly ILogger log;
    private readonly ClientErrors errors;
    private readonly string topic;
    private readonly PartitionLedger?[] ledgers;
    private readonly TaskCompletionSource<string> failure = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private long lastCommit;
    private volatile bool joined;

    public GroupLoop(GroupLoopOptions options, IGroupWork work, Outbox outbox, TimeProvider time, ILogger log)
    {
        this.work = work;
        this.outbox = outbox;
        this.time = time;
        this.log = log;
        errors = new ClientErrors("consumer", time, log);
        topic = options.Topic;
        ledgers = new PartitionLedger?[options.Partitions];
        ConsumerConfig config = ClientSettings.Consumer(options.BootstrapServers, options.ClientId, options.Group);
        config.SessionTimeoutMs = options.SessionTimeoutMs;
        config.HeartbeatIntervalMs = options.HeartbeatIntervalMs;
        consumer = new ConsumerBuilder<byte[]?, byte[]?>(config)
            .SetPartitionsAssignedHandler((_, assigned) => Assign(assigned))
            .SetPartitionsRevokedHandler((_, revoked) => Release(revoked, commit: true))
            .SetPartitionsLostHandler((_, lost) => Release(lost, commit: false))
            .SetLogHandler((_, message) => DetectorLog.Client(log, message.Name, message.Message))
            .SetErrorHandler((_, error) => Report(error))
            .Build();
        committer = new OffsetCommitter(consumer, log);
    }

    /// <summary>Whether the group has given this member its part, be it nothing.</summary>
    public bool HasJoined => joined;

    /// <summary>Completes with one sentence when the member cannot go on.</summary>
    public Task<string> Failure => failure.Task;

    /// <summary>Runs until cancelled or failed, then commits and leaves the group. Blocks its thread.</summary>
    public void Run(CancellationToken cancel)
    {
        try
        {
            consumer.Subscribe(topic);
            while (!cancel.IsCancellationRequested && !failure.Task.IsCompleted && !outbox.Failure.IsCompleted)
                Step(cancel);
        }
        catch (Exception e) when (e is KafkaException or InvalidOperationException) // the top of the loop: the process ends with this sentence
        {
            failure.TrySetResult($"Reading {topic} failed: {e.Message}");
        }
        finally
        {
            Leave();
        }
    }

    public void Dispose() => consumer.Dispose();

    private void Step(CancellationToken cancel)
    {
        work.Turn(consumer);
        outbox.SendSmaller();
        ConsumeResult<byte[]?, byte[]?>? record = Poll();
        if (record is not null && ledgers[record.Partition.Value] is not null)
            work.Consume(record, cancel);
        if (time.GetElapsedTime(lastCommit) < CommitInterval)
            return;
        lastCommit = time.GetTimestamp();
        CommitSafe();
        work.Report(consumer);
    }

    private ConsumeResult<byte[]?, byte[]?>? Poll()
    {
        try
        {
            return consumer.Consume(PollWait);
        }
        catch (ConsumeException e) when (!e.Error.IsFatal)
        {
            errors.Tell(e.Error);
            return null;
        }
    }

    private void CommitSafe()
    {
        if (!committer.IsIdle)
            return;
        List<TopicPartitionOffset> offsets = TakeCommits(Enumerable.Range(0, ledgers.Length));
        if (offsets.Count > 0)
            committer.Begin(offsets);
    }

    // What the last commit could not commit is taken again.
    private List<TopicPartitionOffset> TakeCommits(IEnumerable<int> partitions)
    {
        if (!committer.TakeResult())
        {
            foreach (PartitionLedger? ledger in ledgers)
                ledger?.ForgetCommit();
        }

        var offsets = new List<TopicPartitionOffset>();
        foreach (int partition in partitions)
        {
            if (ledgers[partition]?.TryTakeCommit(out long offset) == true)
                offsets.Add(new TopicPartitionOffset(topic, partition, offset));
        }

        return offsets;
    }

    private void Assign(List<TopicPartition> assigned)
    {
        foreach (TopicPartition partition in assigned)
        {
            DetectorLog.Assigned(log, partition.Topic, partition.Partition.Value);
            var ledger = new PartitionLedger();
            ledgers[partition.Partition.Value] = ledger;
            work.Assign(partition.Partition.Value, ledger);
        }

        joined = true;
    }

    private void Release(List<TopicPartitionOffset> released, bool commit)
    {
        int[] partitions = [.. released.Select(partition => partition.Partition.Value)];
        if (commit)
        {
            AwaitAcknowledgements(partitions);
            if (committer.Await(ReleaseWait))
                committer.Finish(TakeCommits(partitions), ReleaseWait);
        }

        foreach (int partition in partitions)
        {
            DetectorLog.Released(log, topic, partition, commit ? "revoked" : "lost");
            ledgers[partition] = null;
            work.Release(partition);
        }
    }

    private void AwaitAcknowledgements(int[] partitions)
    {
        long start = time.GetTimestamp();
        while (time.GetElapsedTime(start) < ReleaseWait && !outbox.Failure.IsCompleted && partitions.Any(partition => ledgers[partition]?.Settle() == false))
            outbox.AwaitAcknowledgement();
    }

    private void Leave()
    {
        outbox.Flush(FlushWait);
        try
        {
            consumer.Close(); // revokes: commits and releases
            DetectorLog.Left(log, topic);
        }
        catch (KafkaException e)
        {
            errors.Tell(e.Error);
        }
    }

    private void Report(Error error)
    {
        errors.Tell(error);
        if (error.IsFatal)
            failure.TrySetResult($"The consumer failed for good: {error.Reason}.");
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
