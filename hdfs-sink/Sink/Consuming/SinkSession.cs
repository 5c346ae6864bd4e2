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

    /// <summary>How often the lags are looked at: the client knows them, and metrics are read every few seconds.</summary>
    private static readonly TimeSpan LagInterval = TimeSpan.FromSeconds(1);

    private static readonly TimeSpan WatermarkTimeout = TimeSpan.FromSeconds(30);

    private readonly SinkSettings _settings;
    private readonly SinkParts _parts;
    private readonly CommitterContext _context;
    private readonly IConsumer<byte[], byte[]> _consumer;
    private readonly SemaphoreSlim _commits;
    private readonly CancellationTokenSource _abort = new();
    private readonly Dictionary<TopicPartition, PartitionWriter> _writers = [];
    private readonly BlockingCollection<Completion> _completions = []; // one entry a batch under way, which the memory budget bounds
    private readonly Dictionary<string, ITable> _tables;
    private long _heldBytes;
    private readonly HashSet<TopicPartition> _refused = [];
    private ExceptionDispatchInfo? _callbackFailure;
    private bool _areRefusedPaused = true;
    private long _lagsShownAt;

    public SinkSession(SinkSettings settings, SinkParts parts, CommitterContext context)
    {
        _settings = settings;
        _parts = parts;
        _context = context;
        _commits = new SemaphoreSlim(_settings.ParallelCommits);
        _tables = _settings.Topics.ToDictionary(topic => topic, Tables.Of);
        _consumer = new ConsumerBuilder<byte[], byte[]>(Config())
            // Where opening fails the partitions are taken at their ends, from where nothing is used: Run ends the session as soon as the client returns.
            .SetPartitionsAssignedHandler((_, partitions) => Guard(() => Blocking.Await(OpenAsync(partitions)), partitions.Select(partition => new TopicPartitionOffset(partition, Offset.End))))
            .SetPartitionsRevokedHandler((_, partitions) => Guard(() => Release(partitions), false))
            .SetPartitionsLostHandler((_, partitions) => Guard(() => Release(partitions), false))
            .SetErrorHandler((_, error) => LogMessages.ClientError(_parts.Log, error.Reason))
            .SetLogHandler((_, message) => LogMessages.ClientLog(_parts.Log, message.Message))
            .Build();
    }

    /// <summary>Reads and commits until told to stop; then commits what it has and leaves the group.</summary>
    /// <exception cref="SinkRefusedException">No assigned partition is left that may be written.</exception>
    /// <exception cref="TimeoutException">Told to stop, it could not commit all in time.</exception>
    /// <returns>Why partitions were refused meanwhile; null where none was.</returns>
    public string? Run(CancellationToken stop)
    {
        _consumer.Subscribe(_settings.Topics);
        while (!stop.IsCancellationRequested)
        {
            Take(_consumer.Consume(PollTime));
            _callbackFailure?.Throw();
            HandleCompletions(TimeSpan.Zero);
            LeaveOutRefused();
            ShowLags();
            RotateDue();
            MakeRoom(stop);
        }

        Drain();
        string? refusal = _parts.Health.Refusal; // leaving the group gives the partitions back
        _consumer.Close();
        return refusal;
    }

    /// <summary>Ends the workers. After a clean <see cref="Run"/> there are none left.</summary>
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
            _parts.Metrics.HideLag(partition);
            _parts.Health.Forget(partition);
        }

        _parts.Metrics.HeldBytes = 0;
        _parts.Health.Assigned = 0;
    }

    private ConsumerConfig Config()
    {
        ConsumerConfig config = ClientSettings.Consumer(_settings.BootstrapServers, "hdfs-sink", _settings.Group);
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
            _callbackFailure ??= ExceptionDispatchInfo.Capture(e);
            return otherwise;
        }
    }

    private void Take(ConsumeResult<byte[], byte[]>? result)
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
            Hold(record.Size);
        }
    }

    private void RotateDue()
    {
        foreach (PartitionWriter writer in _writers.Values)
        {
            if (writer.IsDue)
            {
                writer.Rotate();
            }
        }
    }

    /// <summary>Over the budget: hands over the fullest batches until half of what is held is on its way, and reads nothing until room is made.</summary>
    private void MakeRoom(CancellationToken stop)
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
        Hold(-completion.Batch.Bytes);
        bool isCurrent = _writers.TryGetValue(completion.Writer.Partition, out PartitionWriter? writer) && ReferenceEquals(writer, completion.Writer);
        if (completion.Error is SinkRefusedException refusal)
        {
            if (isCurrent)
            {
                Stop(completion.Writer);
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

        _parts.Metrics.Committed(completion, result);
        if (!result.IsOurs)
        {
            LogMessages.ClaimLost(_parts.Log, completion.Writer.Partition.Topic, completion.Writer.Partition.Partition, completion.Batch.First, result.Position);
        }
        else
        {
            LogMessages.Committed(_parts.Log, completion.Writer.Partition.Topic, completion.Writer.Partition.Partition, completion.Batch.First, completion.Batch.Next, result.Rows, result.Files, completion.Took.TotalMilliseconds);
        }

        if (!isCurrent)
        {
            return;
        }

        if (!result.IsOurs)
        {
            GoTo(completion.Writer, result.Position);
        }

        _consumer.StoreOffset(new TopicPartitionOffset(completion.Writer.Partition, result.Position));
    }

    private void GoTo(PartitionWriter writer, long position)
    {
        Hold(-writer.ResetTo(position));
        _consumer.Seek(new TopicPartitionOffset(writer.Partition, position));
    }

    private void Hold(long bytes)
    {
        _heldBytes += bytes;
        _parts.Metrics.HeldBytes = _heldBytes;
    }

    private async Task<IEnumerable<TopicPartitionOffset>> OpenAsync(List<TopicPartition> partitions)
    {
        using CancellationTokenSource limit = CancellationTokenSource.CreateLinkedTokenSource(_abort.Token);
        limit.CancelAfter(OpenWithin);
        // Asked one after the other: the client has one thread for it, and each answer takes a millisecond.
        Dictionary<TopicPartition, WatermarkOffsets> states = partitions.ToDictionary(partition => partition, partition => _consumer.QueryWatermarkOffsets(partition, WatermarkTimeout));
        Opened[] opened = await Task.WhenAll(partitions.Select(partition => TryOpenAsync(partition, states[partition], limit.Token)));
        foreach (Opened open in opened)
        {
            if (open.Refusal is not null)
            {
                Refuse(open.Partition, open.Refusal);
                continue;
            }

            _writers[open.Partition] = open.Writer!;
            open.Writer!.Start(open.Committer!, _commits, _completions.Add, _abort.Token);
        }

        _parts.Health.Assigned = _writers.Count;
        _parts.Health.SessionTrouble = null;
        return opened.Select(open => new TopicPartitionOffset(open.Partition, open.Writer?.Position ?? Offset.End));
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

    private async Task<(PartitionWriter Writer, Committer Committer)> OpenAsync(TopicPartition partition, WatermarkOffsets offsets, CancellationToken cancellationToken)
    {
        string id = await _context.TopicIds.FindAsync(partition.Topic, cancellationToken) ?? throw new WarehouseException($"The topic {partition.Topic} is gone.");
        Committer committer = new(_context, new Warehouse(_settings.Warehouse, partition.Topic), _tables[partition.Topic], partition.Partition);
        long position = await committer.OpenAsync(new PartitionState(id, offsets.Low, offsets.High), AskEnd, cancellationToken);
        LogMessages.Opened(_parts.Log, partition.Topic, partition.Partition, position, offsets.Low, offsets.High);
        return (new PartitionWriter(partition, position, _settings, _parts.Time), committer);

        // Blocks for an answer of the broker: on a thread of the pool, and only where another sink was faster.
        Task<long> AskEnd(CancellationToken token) => Task.Run(() => _consumer.QueryWatermarkOffsets(partition, WatermarkTimeout).High.Value, token);
    }

    /// <summary>Partitions go to another sink: what is being committed may finish, so that the other need not read it again; what was only collected is dropped.</summary>
    /// <returns>True: all were let go.</returns>
    private bool Release(List<TopicPartitionOffset> partitions)
    {
        List<PartitionWriter> released = partitions.Where(partition => _writers.ContainsKey(partition.TopicPartition)).Select(partition => _writers[partition.TopicPartition]).ToList();
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
            _parts.Metrics.HideLag(partition);
            _parts.Health.Forget(partition);
        }

        _parts.Health.Assigned = _writers.Count;
        return true;
    }

    private void Close(PartitionWriter writer)
    {
        Hold(-writer.ResetTo(writer.Position));
        writer.Close();
    }

    private void Stop(PartitionWriter writer)
    {
        Close(writer);
        _writers.Remove(writer.Partition);
        _parts.Metrics.HideLag(writer.Partition);
        _parts.Health.Assigned = _writers.Count;
    }

    /// <summary>The partition stays assigned and is not read; the others go on.</summary>
    private void Refuse(TopicPartition partition, string reason)
    {
        _refused.Add(partition);
        _areRefusedPaused = false;
        _parts.Health.Refuse(partition, reason);
        LogMessages.Refused(_parts.Log, partition.Topic, partition.Partition, reason);
    }

    private void LeaveOutRefused()
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

    private void ShowLags()
    {
        if (_lagsShownAt != 0 && _parts.Time.GetElapsedTime(_lagsShownAt) < LagInterval)
        {
            return;
        }

        _lagsShownAt = _parts.Time.GetTimestamp();
        foreach (PartitionWriter writer in _writers.Values)
        {
            Offset end = _consumer.GetWatermarkOffsets(writer.Partition).High; // what the last fetch was told; asks nobody
            if (!end.IsSpecial)
            {
                _parts.Metrics.ShowLag(writer.Partition, Math.Max(0, end.Value - writer.Position));
            }
        }
    }

    private void Drain()
    {
        foreach (PartitionWriter writer in _writers.Values)
        {
            writer.Rotate();
        }

        long started = _parts.Time.GetTimestamp();
        while (_writers.Values.Any(writer => writer.Underway > 0))
        {
            if (_parts.Time.GetElapsedTime(started) >= _settings.StopWithin)
            {
                throw new TimeoutException($"{_writers.Values.Sum(writer => writer.Underway)} commits had not ended {_settings.StopWithin.TotalSeconds:0.#} s after the sink was told to stop.");
            }

            HandleCompletions(PollTime);
        }
    }

    /// <summary>How a partition was opened: by a writer with its committer, or not, and why.</summary>
    private sealed record Opened(TopicPartition Partition, PartitionWriter? Writer, Committer? Committer, string? Refusal);
}
