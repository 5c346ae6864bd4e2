using System.Collections.Concurrent;
using System.Runtime.ExceptionServices;
using Confluent.Kafka;
using Game.Contracts;
using Game.HdfsSink.Commits;
using Game.HdfsSink.Rows;
using Game.HdfsSink.Telemetry;

namespace Game.HdfsSink.Consuming;

/// <summary>
/// From joining the group to leaving it. Whatever goes wrong ends the session; the next one opens every partition from its manifests, which is also how a
/// crash is recovered from: there is one way to start, and it is used often. One thread runs it.
/// </summary>
internal sealed class SinkSession : IDisposable
{
    /// <summary>How long a quiet consumer waits for a record before looking at the clocks.</summary>
    private static readonly TimeSpan PollTime = TimeSpan.FromMilliseconds(50);

    /// <summary>Prefetched by the client, in kilobytes, beside the memory budget.</summary>
    private const int PrefetchKilobytes = 16 * 1024;

    /// <summary>A fetch is answered with so many bytes, or after <see cref="FetchWaitMs"/>.</summary>
    private const int FetchMinBytes = 1 << 20;

    private const int FetchWaitMs = 500;

    /// <summary>Opening the partitions of an assignment happens within the client's callback: well below max.poll.interval.ms (5 minutes), or the group gives up on us.</summary>
    private static readonly TimeSpan OpenWithin = TimeSpan.FromMinutes(4);

    /// <summary>How soon a killed sink's partitions go to another: the least that brokers allow by default. Heartbeats come from a thread of the client's.</summary>
    private const int SessionTimeoutMs = 6000;

    private static readonly TimeSpan WatermarkTimeout = TimeSpan.FromSeconds(30);

    private readonly SinkSettings settings;
    private readonly SinkParts parts;
    private readonly CommitterContext context;
    private readonly IConsumer<byte[], byte[]> consumer;
    private readonly SemaphoreSlim commits;
    private readonly CancellationTokenSource abort = new();
    private readonly Dictionary<TopicPartition, PartitionWriter> writers = [];
    private readonly BlockingCollection<Completion> completions = []; // one entry a batch under way, which the memory budget bounds
    private readonly Dictionary<string, ITable> tables;
    private long heldBytes;
    private ExceptionDispatchInfo? callbackFailure;

    public SinkSession(SinkSettings settings, SinkParts parts, CommitterContext context)
    {
        this.settings = settings;
        this.parts = parts;
        this.context = context;
        commits = new SemaphoreSlim(settings.ParallelCommits);
        tables = settings.Topics.ToDictionary(topic => topic, Tables.Of);
        consumer = new ConsumerBuilder<byte[], byte[]>(Config())
            // Where opening fails the partitions are taken at their ends, from where nothing is used: Run ends the session as soon as the client returns.
            .SetPartitionsAssignedHandler((_, partitions) => Guard(() => Blocking.Await(OpenAsync(partitions)), partitions.Select(partition => new TopicPartitionOffset(partition, Offset.End))))
            .SetPartitionsRevokedHandler((_, partitions) => { Guard(() => Release(partitions), false); })
            .SetPartitionsLostHandler((_, partitions) => { Guard(() => Release(partitions), false); })
            .SetErrorHandler((_, error) => LogMessages.ClientError(parts.Log, error.Reason))
            .SetLogHandler((_, message) => LogMessages.ClientLog(parts.Log, message.Message))
            .Build();
    }

    /// <summary>Reads and commits until told to stop; then commits what it has and leaves the group.</summary>
    public void Run(CancellationToken stop)
    {
        consumer.Subscribe(settings.Topics);
        while (!stop.IsCancellationRequested)
        {
            Take(consumer.Consume(PollTime));
            callbackFailure?.Throw();
            HandleCompletions(TimeSpan.Zero);
            RotateDue();
            MakeRoom(stop);
        }

        Drain();
        consumer.Close();
    }

    /// <summary>Ends the workers. After a clean <see cref="Run"/> there are none left.</summary>
    public void Dispose()
    {
        abort.Cancel();
        foreach (var writer in writers.Values)
            writer.Close();
        _ = Blocking.TryAwait(Task.WhenAll(writers.Values.Select(writer => writer.Finished)), settings.StopWithin);
        consumer.Dispose();
        abort.Dispose();
        commits.Dispose();
        parts.Metrics.HeldBytes = 0;
        parts.Health.Assigned = 0;
    }

    private ConsumerConfig Config()
    {
        var config = ClientSettings.Consumer(settings.BootstrapServers, "hdfs-sink", settings.Group);
        // Positions come from the manifests. The group's offsets are stored after each commit and sent by the client now and then: they show lag, no more.
        config.EnableAutoCommit = true;
        config.AutoCommitIntervalMs = 1000;
        config.SessionTimeoutMs = SessionTimeoutMs;
        config.AutoOffsetReset = AutoOffsetReset.Error;
        config.EnablePartitionEof = true; // tells where the log ends behind markers and compacted records
        config.QueuedMaxMessagesKbytes = PrefetchKilobytes;
        // Files are made of much at a time: a fetch for every record would only cost the brokers.
        config.FetchMinBytes = FetchMinBytes;
        config.FetchWaitMaxMs = FetchWaitMs;
        return config;
    }

    /// <summary>A callback of the client must end well, and an assignment be taken whole: otherwise disposing of the consumer never ends (seen with Confluent.Kafka 2.16).</summary>
    private T Guard<T>(Func<T> callback, T otherwise)
    {
        try
        {
            return callback();
        }
        catch (Exception e) // kept for Run, which throws it when the client has returned
        {
            callbackFailure ??= ExceptionDispatchInfo.Capture(e);
            return otherwise;
        }
    }

    private void Take(ConsumeResult<byte[], byte[]>? result)
    {
        if (result is null || !writers.TryGetValue(result.TopicPartition, out var writer))
            return;
        if (result.IsPartitionEOF)
        {
            writer.SkipTo(result.Offset);
            return;
        }

        var record = new RawRecord(result.Partition, result.Offset, result.Message.Timestamp.UnixTimestampMs, result.Message.Key, result.Message.Value);
        if (writer.Append(record))
            Hold(record.Size);
    }

    private void RotateDue()
    {
        foreach (var writer in writers.Values)
        {
            if (writer.IsDue)
                writer.Rotate();
        }
    }

    /// <summary>Over the budget: hands over the fullest batches until half of what is held is on its way, and reads nothing until room is made.</summary>
    private void MakeRoom(CancellationToken stop)
    {
        while (heldBytes >= settings.MemoryBytes && !stop.IsCancellationRequested)
        {
            if (writers.Values.Sum(writer => writer.FillingBytes) > settings.MemoryBytes / 2)
                writers.Values.MaxBy(writer => writer.FillingBytes)!.Rotate();
            else
                HandleCompletions(PollTime);
        }
    }

    private void HandleCompletions(TimeSpan wait)
    {
        while (completions.TryTake(out var completion, wait))
        {
            wait = TimeSpan.Zero;
            Handle(completion);
        }
    }

    private void Handle(Completion completion)
    {
        completion.Writer.Complete();
        Hold(-completion.Batch.Bytes);
        if (completion.Error is not null)
            throw new SessionFailedException(completion.Writer.Partition, completion.Error);
        bool isCurrent = writers.TryGetValue(completion.Writer.Partition, out var writer) && ReferenceEquals(writer, completion.Writer);
        if (completion.Result is not { } result)
            return;
        parts.Metrics.Committed(completion, result);
        if (!result.IsOurs)
            LogMessages.ClaimLost(parts.Log, completion.Writer.Partition.Topic, completion.Writer.Partition.Partition, completion.Batch.First, result.Position);
        else
            LogMessages.Committed(parts.Log, completion.Writer.Partition.Topic, completion.Writer.Partition.Partition, completion.Batch.First, completion.Batch.Next, result.Rows, result.Files, completion.Took.TotalMilliseconds);
        if (!isCurrent)
            return;
        if (!result.IsOurs)
            GoTo(completion.Writer, result.Position);
        consumer.StoreOffset(new TopicPartitionOffset(completion.Writer.Partition, result.Position));
    }

    private void GoTo(PartitionWriter writer, long position)
    {
        Hold(-writer.ResetTo(position));
        consumer.Seek(new TopicPartitionOffset(writer.Partition, position));
    }

    private void Hold(long bytes)
    {
        heldBytes += bytes;
        parts.Metrics.HeldBytes = heldBytes;
    }

    private async Task<IEnumerable<TopicPartitionOffset>> OpenAsync(List<TopicPartition> partitions)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(abort.Token);
        limit.CancelAfter(OpenWithin);
        // Asked one after the other: the client has one thread for it, and each answer takes a millisecond.
        var states = partitions.ToDictionary(partition => partition, partition => consumer.QueryWatermarkOffsets(partition, WatermarkTimeout));
        var opened = await Task.WhenAll(partitions.Select(partition => OpenAsync(partition, states[partition], limit.Token)));
        foreach (var (writer, committer) in opened)
        {
            writers[writer.Partition] = writer;
            writer.Start(committer, commits, completions.Add, abort.Token);
        }

        parts.Health.Assigned = writers.Count;
        parts.Health.Trouble = null;
        return opened.Select(open => new TopicPartitionOffset(open.Writer.Partition, open.Writer.Position));
    }

    private async Task<(PartitionWriter Writer, Committer Committer)> OpenAsync(TopicPartition partition, WatermarkOffsets offsets, CancellationToken cancellationToken)
    {
        string id = await context.TopicIds.FindAsync(partition.Topic, cancellationToken) ?? throw new WarehouseException($"The topic {partition.Topic} is gone.");
        var committer = new Committer(context, new Warehouse(settings.Warehouse, partition.Topic), tables[partition.Topic], partition.Partition);
        long position = await committer.OpenAsync(new PartitionState(id, offsets.Low, offsets.High), AskEnd, cancellationToken);
        LogMessages.Opened(parts.Log, partition.Topic, partition.Partition, position, offsets.Low, offsets.High);
        return (new PartitionWriter(partition, position, settings, parts.Time), committer);

        // Blocks for an answer of the broker: on a thread of the pool, and only where another sink was faster.
        Task<long> AskEnd(CancellationToken token) => Task.Run(() => consumer.QueryWatermarkOffsets(partition, WatermarkTimeout).High.Value, token);
    }

    /// <summary>Partitions go to another sink: what is being committed may finish, so that the other need not read it again; what was only collected is dropped.</summary>
    /// <returns>True: all were let go.</returns>
    private bool Release(List<TopicPartitionOffset> partitions)
    {
        var released = partitions.Where(partition => writers.ContainsKey(partition.TopicPartition)).Select(partition => writers[partition.TopicPartition]).ToList();
        foreach (var writer in released)
        {
            Hold(-writer.ResetTo(writer.Position));
            writer.Close();
        }

        _ = Blocking.TryAwait(Task.WhenAll(released.Select(writer => writer.Finished)), settings.StopWithin);
        HandleCompletions(TimeSpan.Zero);
        foreach (var writer in released)
            writers.Remove(writer.Partition);
        parts.Health.Assigned = writers.Count;
        return true;
    }

    private void Drain()
    {
        foreach (var writer in writers.Values)
            writer.Rotate();
        long started = parts.Time.GetTimestamp();
        while (writers.Values.Any(writer => writer.Underway > 0) && parts.Time.GetElapsedTime(started) < settings.StopWithin)
            HandleCompletions(PollTime);
    }
}
