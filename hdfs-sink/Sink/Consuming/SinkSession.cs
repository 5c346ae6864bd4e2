using System.Collections.Concurrent;
using System.Runtime.ExceptionServices;
using Confluent.Kafka;
using Game.Contracts;
using Game.HdfsSink.Commits;
using Game.HdfsSink.Rows;
using Game.HdfsSink.Telemetry;

namespace Game.HdfsSink.Consuming;

/// <summary>
/// Consumes and commits from joining the group to leaving it. Every failure ends the session; the next session opens every partition from its manifests, as the
/// sink also does after a crash: so there is only one way to start. One thread runs the session.
/// </summary>
internal sealed class SinkSession : IDisposable
{
    /// <summary>How long one poll waits for a record before the session checks whether batches are due.</summary>
    private static readonly TimeSpan PollTime = TimeSpan.FromMilliseconds(50);

    /// <summary>What the client may prefetch, in kilobytes; the memory budget does not include it.</summary>
    private const int PrefetchKilobytes = 16 * 1024;

    /// <summary>The broker answers a fetch when it has this many bytes, or after <see cref="FetchWaitMs"/>.</summary>
    private const int FetchMinBytes = 1 << 20;

    private const int FetchWaitMs = 500;

    /// <summary>
    /// The session opens assigned partitions within the client's callback. The limit is well below max.poll.interval.ms (5 minutes), after which the group
    /// removes this consumer.
    /// </summary>
    private static readonly TimeSpan OpenWithin = TimeSpan.FromMinutes(4);

    /// <summary>
    /// After this time the group gives the partitions of a killed sink to another: the least that brokers allow by default. A thread of the client sends the
    /// heartbeats.
    /// </summary>
    private const int SessionTimeoutMs = 6000;

    /// <summary>How often the session updates the lags: the client knows them, and metrics are read every few seconds.</summary>
    private static readonly TimeSpan LagInterval = TimeSpan.FromSeconds(1);

    private static readonly TimeSpan WatermarkTimeout = TimeSpan.FromSeconds(30);

    private readonly SinkSettings _settings;
    private readonly SinkParts _parts;
    private readonly CommitterContext _context;
    private readonly IConsumer<byte[], byte[]> _consumer;
    private readonly SemaphoreSlim _commits;
    private readonly CancellationTokenSource _abort = new();
    private readonly Dictionary<TopicPartition, PartitionWriter> _writers = [];
    private readonly BlockingCollection<Completion> _completions = []; // one entry for each batch in flight, which the memory budget bounds
    private readonly Dictionary<string, ITable> _tables;

    /// <summary>Where opened partitions begin; the client stores that only once it has assigned them.</summary>
    private readonly List<TopicPartitionOffset> _opened = [];
    private long _heldBytes;
    private readonly HashSet<TopicPartition> _refused = [];
    private ExceptionDispatchInfo? _callbackFailure;
    private bool _areRefusedPaused = true;
    private long _lagsUpdatedAt;

    public SinkSession(SinkSettings settings, SinkParts parts, CommitterContext context)
    {
        _settings = settings;
        _parts = parts;
        _context = context;
        _commits = new SemaphoreSlim(_settings.ParallelCommits);
        _tables = _settings.Topics.ToDictionary(topic => topic, Tables.Of);
        _consumer = new ConsumerBuilder<byte[], byte[]>(Config())
            .SetPartitionsAssignedHandler((_, partitions) => KeepFailure(() => Blocking.Await(OpenAsync(partitions)), AtTheirEnds(partitions)))
            .SetPartitionsRevokedHandler((_, partitions) => KeepFailure(() => Release(partitions), false))
            .SetPartitionsLostHandler((_, partitions) => KeepFailure(() => Release(partitions), false))
            .SetErrorHandler((_, error) => LogMessages.ClientError(_parts.Log, error.Reason))
            .SetLogHandler((_, message) => LogMessages.ClientLog(_parts.Log, message.Message))
            .Build();
    }

    /// <summary>Bytes of the records that are read and not committed yet. For the session's thread.</summary>
    public long HeldBytes => _heldBytes;

    /// <summary>Consumes and commits until <paramref name="stop"/>; then commits the records that it holds and leaves the group.</summary>
    /// <exception cref="SinkRefusedException">The session has refused all its assigned partitions.</exception>
    /// <exception cref="TimeoutException">After <paramref name="stop"/> it could not commit all records in time.</exception>
    /// <returns>Why the session refused partitions; null where it refused none.</returns>
    public string? Run(CancellationToken stop)
    {
        _consumer.Subscribe(_settings.Topics);
        while (!stop.IsCancellationRequested)
        {
            Append(_consumer.Consume(PollTime));
            _callbackFailure?.Throw();
            StoreOpened();
            HandleCompletions(TimeSpan.Zero);
            PauseRefused();
            UpdateLags();
            CommitDueBatches();
            FreeMemory(stop);
        }

        CommitAll();
        string? refusal = _parts.Health.Refusal; // read now: leaving the group revokes the partitions and so removes their refusals
        _consumer.Close();
        return refusal;
    }

    /// <summary>Ends the workers of all partitions. After a <see cref="Run"/> without failure none is left.</summary>
    public void Dispose()
    {
        _abort.Cancel();
        foreach (PartitionWriter writer in _writers.Values)
        {
            writer.Close();
        }

        _ = Blocking.TryAwait(Task.WhenAll(_writers.Values.Select(writer => writer.Finished)), _settings.StopWithin);
        _consumer.Dispose();
        _abort.Dispose();
        _commits.Dispose();
        foreach (TopicPartition partition in _writers.Keys.Concat(_refused))
        {
            _parts.Metrics.RemoveLag(partition);
            _parts.Health.Forget(partition);
        }

        _parts.Metrics.HeldBytes = 0;
        _parts.Health.Assigned = 0;
    }

    private ConsumerConfig Config()
    {
        ConsumerConfig config = ClientSettings.Consumer(_settings.BootstrapServers, "hdfs-sink", _settings.Group);
        // Positions come from the manifests. The session also stores offsets when it opens a partition and after each commit. The client sends them to
        // the group once a second: tools read the lag from them; the sink never reads them.
        config.EnableAutoCommit = true;
        config.AutoCommitIntervalMs = 1000;
        config.SessionTimeoutMs = SessionTimeoutMs;
        config.AutoOffsetReset = AutoOffsetReset.Error;
        config.EnablePartitionEof = true; // shows the log's end where only markers or compacted records lie before it
        config.QueuedMaxMessagesKbytes = PrefetchKilobytes;
        // The sink writes large files: a fetch for every record would only load the brokers.
        config.FetchMinBytes = FetchMinBytes;
        config.FetchWaitMaxMs = FetchWaitMs;
        return config;
    }

    /// <summary>
    /// Runs a callback of the client and keeps its exception for <see cref="Run"/>. A callback that throws, or that leaves out assigned partitions, makes
    /// disposing of the consumer hang (seen with Confluent.Kafka 2.16).
    /// </summary>
    private T KeepFailure<T>(Func<T> callback, T onFailure)
    {
        try
        {
            return callback();
        }
        catch (Exception e) // Run throws it as soon as the client returns
        {
            _callbackFailure ??= ExceptionDispatchInfo.Capture(e);
            return onFailure;
        }
    }

    /// <summary>What the session assigns where opening fails: the failure ends the session before it uses a record from there.</summary>
    private static IEnumerable<TopicPartitionOffset> AtTheirEnds(List<TopicPartition> partitions) =>
        partitions.Select(partition => new TopicPartitionOffset(partition, Offset.End));

    private void Append(ConsumeResult<byte[], byte[]>? result)
    {
        if (result is null || !_writers.TryGetValue(result.TopicPartition, out PartitionWriter? writer))
        {
            return;
        }

        if (result.IsPartitionEOF)
        {
            writer.SkipTo(result.Offset);
            return;
        }

        RawRecord record = new(result.Partition, result.Offset, result.Message.Timestamp.UnixTimestampMs, result.Message.Key, result.Message.Value);
        if (writer.Append(record))
        {
            AddHeldBytes(record.Size);
        }
    }

    private void CommitDueBatches()
    {
        foreach (PartitionWriter writer in _writers.Values)
        {
            if (writer.IsDue)
            {
                writer.Rotate();
            }
        }
    }

    /// <summary>
    /// While the session holds more than the memory budget it reads nothing: it commits the largest batches until half the budget is in flight, and waits for
    /// them.
    /// </summary>
    private void FreeMemory(CancellationToken stop)
    {
        while (_heldBytes >= _settings.MemoryBytes && !stop.IsCancellationRequested)
        {
            if (_writers.Values.Sum(writer => writer.FillingBytes) > _settings.MemoryBytes / 2)
            {
                _writers.Values.MaxBy(writer => writer.FillingBytes)!.Rotate();
            }
            else
            {
                HandleCompletions(PollTime);
            }
        }
    }

    private void HandleCompletions(TimeSpan wait)
    {
        while (_completions.TryTake(out Completion? completion, wait))
        {
            wait = TimeSpan.Zero;
            Handle(completion);
        }
    }

    private void Handle(Completion completion)
    {
        completion.Writer.Complete();
        AddHeldBytes(-completion.Batch.Bytes);
        bool isCurrent = _writers.TryGetValue(completion.Writer.Partition, out PartitionWriter? writer) && ReferenceEquals(writer, completion.Writer);
        if (completion.Error is SinkRefusedException refusal)
        {
            if (isCurrent)
            {
                StopWriting(completion.Writer);
                Refuse(completion.Writer.Partition, refusal.Message);
            }

            return;
        }

        if (completion.Error is not null)
        {
            throw new SessionFailedException(completion.Writer.Partition, completion.Error);
        }

        if (completion.Result is not { } result)
        {
            return;
        }

        TopicPartition partition = completion.Writer.Partition;
        _parts.Metrics.CountCommit(partition.Topic, result, completion.Took);
        if (!result.IsWon)
        {
            LogMessages.ClaimLost(_parts.Log, partition.Topic, partition.Partition, completion.Batch.First, result.Position);
        }
        else
        {
            LogMessages.Committed(_parts.Log, partition.Topic, partition.Partition, completion.Batch.First, completion.Batch.Next, result.Rows, result.Files,
                completion.Took.TotalMilliseconds);
        }

        if (!isCurrent)
        {
            return;
        }

        if (!result.IsWon)
        {
            SeekTo(completion.Writer, result.Position);
        }

        _consumer.StoreOffset(new TopicPartitionOffset(partition, result.Position));
    }

    private void SeekTo(PartitionWriter writer, long position)
    {
        AddHeldBytes(-writer.ResetTo(position));
        _consumer.Seek(new TopicPartitionOffset(writer.Partition, position));
    }

    private void AddHeldBytes(long bytes)
    {
        _heldBytes += bytes;
        _parts.Metrics.HeldBytes = _heldBytes;
    }

    private async Task<IEnumerable<TopicPartitionOffset>> OpenAsync(List<TopicPartition> partitions)
    {
        using CancellationTokenSource limit = CancellationTokenSource.CreateLinkedTokenSource(_abort.Token);
        limit.CancelAfter(OpenWithin);
        // One query after the other: the client has one thread for them, and each answer takes a millisecond.
        Dictionary<TopicPartition, WatermarkOffsets> offsets = partitions.ToDictionary(partition => partition, QueryOffsets);
        Opened[] opened = await Task.WhenAll(partitions.Select(partition => TryOpenAsync(partition, offsets[partition], limit.Token)));
        foreach (Opened open in opened)
        {
            if (open.Refusal is not null)
            {
                Refuse(open.Partition, open.Refusal);
                continue;
            }

            _writers[open.Partition] = open.Writer!;
            open.Writer!.Start(open.Committer!, _commits, _completions.Add, _abort.Token);
            _opened.Add(new TopicPartitionOffset(open.Partition, open.Writer.Position));
        }

        _parts.Health.Assigned = _writers.Count;
        _parts.Health.SessionTrouble = null;
        return opened.Select(open => new TopicPartitionOffset(open.Partition, open.Writer?.Position ?? Offset.End));
    }

    /// <summary>
    /// A session that was put out of its group during a commit could not tell the group where that ended: the next one does, even where no new record comes.
    /// </summary>
    private void StoreOpened()
    {
        foreach (TopicPartitionOffset position in _opened.Where(position => _writers.ContainsKey(position.TopicPartition)))
        {
            _consumer.StoreOffset(position);
        }

        _opened.Clear();
    }

    private async Task<Opened> TryOpenAsync(TopicPartition partition, WatermarkOffsets offsets, CancellationToken cancellationToken)
    {
        try
        {
            (PartitionWriter writer, Committer committer) = await OpenAsync(partition, offsets, cancellationToken);
            return new Opened(partition, writer, committer, Refusal: null);
        }
        catch (SinkRefusedException e)
        {
            return new Opened(partition, Writer: null, Committer: null, e.Message);
        }
    }

    private async Task<(PartitionWriter Writer, Committer Committer)> OpenAsync(TopicPartition partition, WatermarkOffsets offsets,
        CancellationToken cancellationToken)
    {
        string id = await _context.TopicIds.FindAsync(partition.Topic, cancellationToken)
            ?? throw new WarehouseException($"The topic {partition.Topic} no longer exists.");
        Committer committer = new(_context, new Warehouse(_settings.Warehouse, partition.Topic), _tables[partition.Topic], partition.Partition);
        long position = await committer.OpenAsync(new PartitionState(id, offsets.Low, offsets.High), AskEnd, cancellationToken);
        LogMessages.Opened(_parts.Log, partition.Topic, partition.Partition, position, offsets.Low, offsets.High);
        return (new PartitionWriter(partition, position, _settings, _parts.Time), committer);

        // Blocks a thread of the pool until the broker answers; needed only where another sink has committed meanwhile.
        Task<long> AskEnd(CancellationToken token) => Task.Run(() => QueryOffsets(partition).High.Value, token);
    }

    private WatermarkOffsets QueryOffsets(TopicPartition partition) => _consumer.QueryWatermarkOffsets(partition, WatermarkTimeout);

    /// <summary>
    /// Ends the writers of revoked partitions. Commits in flight may finish, so that the next owner need not read their records again; the session drops
    /// records that it has only collected.
    /// </summary>
    /// <returns>True: it released all of them.</returns>
    private bool Release(List<TopicPartitionOffset> partitions)
    {
        List<PartitionWriter> released = [.. partitions.Select(partition => _writers.GetValueOrDefault(partition.TopicPartition)).OfType<PartitionWriter>()];
        foreach (PartitionWriter writer in released)
        {
            Close(writer);
        }

        _ = Blocking.TryAwait(Task.WhenAll(released.Select(writer => writer.Finished)), _settings.StopWithin);
        HandleCompletions(TimeSpan.Zero);
        foreach (TopicPartition partition in partitions.Select(partition => partition.TopicPartition))
        {
            _writers.Remove(partition);
            _refused.Remove(partition);
            _parts.Metrics.RemoveLag(partition);
            _parts.Health.Forget(partition);
        }

        _parts.Health.Assigned = _writers.Count;
        return true;
    }

    private void Close(PartitionWriter writer)
    {
        AddHeldBytes(-writer.ResetTo(writer.Position));
        writer.Close();
    }

    private void StopWriting(PartitionWriter writer)
    {
        Close(writer);
        _writers.Remove(writer.Partition);
        _parts.Metrics.RemoveLag(writer.Partition);
        _parts.Health.Assigned = _writers.Count;
    }

    /// <summary>Stops reading and writing one partition, which stays assigned; the session continues with the others.</summary>
    private void Refuse(TopicPartition partition, string reason)
    {
        _refused.Add(partition);
        _areRefusedPaused = false;
        _parts.Health.Refuse(partition, reason);
        LogMessages.Refused(_parts.Log, partition.Topic, partition.Partition, reason);
    }

    private void PauseRefused()
    {
        if (_areRefusedPaused)
        {
            return;
        }

        if (_writers.Count == 0)
        {
            throw new SinkRefusedException(_parts.Health.Refusal!);
        }

        _consumer.Pause(_refused);
        _areRefusedPaused = true;
    }

    private void UpdateLags()
    {
        if (_lagsUpdatedAt != 0 && _parts.Time.GetElapsedTime(_lagsUpdatedAt) < LagInterval)
        {
            return;
        }

        _lagsUpdatedAt = _parts.Time.GetTimestamp();
        foreach (PartitionWriter writer in _writers.Values)
        {
            Offset end = _consumer.GetWatermarkOffsets(writer.Partition).High; // from the last fetch's answer: no request
            if (!end.IsSpecial)
            {
                _parts.Metrics.SetLag(writer.Partition, Math.Max(0, end.Value - writer.Position));
            }
        }
    }

    private void CommitAll()
    {
        foreach (PartitionWriter writer in _writers.Values)
        {
            writer.Rotate();
        }

        long started = _parts.Time.GetTimestamp();
        while (_writers.Values.Any(writer => writer.BatchesInFlight > 0))
        {
            if (_parts.Time.GetElapsedTime(started) >= _settings.StopWithin)
            {
                int inFlight = _writers.Values.Sum(writer => writer.BatchesInFlight);
                throw new TimeoutException($"{inFlight} commits had not ended {_settings.StopWithin.TotalSeconds:0.#} s after the sink was asked to stop.");
            }

            HandleCompletions(PollTime);
        }
    }

    /// <summary>The result of opening a partition: a writer and its committer, or the reason why the sink refuses it.</summary>
    private sealed record Opened(TopicPartition Partition, PartitionWriter? Writer, Committer? Committer, string? Refusal);
}
