using Confluent.Kafka;
using Game.Contracts;
using Game.GameServer.Telemetry;

namespace Game.GameServer.Following;

/// <summary>
/// Reads the last records of <c>player-events</c>, then every new one, on a thread of its own, and gives their values to the <see cref="LogMemory"/>. The
/// server's start waits until the last records are read, at most 15 s. Joins no group and commits nothing.
/// </summary>
internal sealed class LogFollower(
    IConsumerFactory consumers, LogMemory memory, FollowerLimits limits, ServerMetrics metrics, TimeProvider time, ILogger<LogFollower> log)
    : IHostedService, IDisposable
{
    /// <summary>After this the server starts although it has not read the last records: that is better than not to start.</summary>
    private static readonly TimeSpan CatchUpTimeout = TimeSpan.FromSeconds(15);

    private static readonly TimeSpan RequestTimeout = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);

    private readonly CancellationTokenSource _stop = new();
    private readonly TaskCompletionSource _caughtUp = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private Task _following = Task.CompletedTask;

    public async Task StartAsync(CancellationToken cancellationToken)
    {
        _following = Task.Factory.StartNew(Follow, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
        await Task.WhenAny(_caughtUp.Task, Task.Delay(CatchUpTimeout, time, cancellationToken));
        if (!_caughtUp.Task.IsCompleted)
        {
            log.NotCaughtUp(CatchUpTimeout.TotalSeconds);
        }
    }

    public async Task StopAsync(CancellationToken cancellationToken)
    {
        await _stop.CancelAsync();
        await _following.WaitAsync(cancellationToken);
    }

    public void Dispose() => _stop.Dispose();

    private void Follow()
    {
        while (!_stop.IsCancellationRequested)
        {
            try
            {
                using IConsumer<Ignore, byte[]> consumer = consumers.Create();
                Read(consumer, AssignEnds(consumer));
            }
            catch (OperationCanceledException) when (_stop.IsCancellationRequested)
            {
                return;
            }
            catch (KafkaException e) // the top of the loop: a new consumer reads the last records again, and with them what this one missed
            {
                log.FollowingFailed(e.Error.Reason);
                _stop.Token.WaitHandle.WaitOne(Pause);
            }
        }
    }

    // Assigns every partition, to start at its last records. Returns the end offsets of the partitions that have records.
    private Dictionary<TopicPartition, long> AssignEnds(IConsumer<Ignore, byte[]> consumer)
    {
        long each = limits.Records / limits.Partitions + 1;
        Dictionary<TopicPartition, long> ends = [];
        List<TopicPartitionOffset> starts = [];
        for (int i = 0; i < limits.Partitions; i++)
        {
            TopicPartition partition = new(Topics.PlayerEvents, i);
            WatermarkOffsets marks = consumer.QueryWatermarkOffsets(partition, RequestTimeout);
            if (marks.High > marks.Low)
            {
                ends[partition] = marks.High;
            }

            starts.Add(new TopicPartitionOffset(partition, Math.Max(marks.Low, marks.High - each)));
        }

        consumer.Assign(starts);
        return ends;
    }

    private void Read(IConsumer<Ignore, byte[]> consumer, Dictionary<TopicPartition, long> ends)
    {
        while (true)
        {
            if (ends.Count == 0)
            {
                _caughtUp.TrySetResult();
            }

            ConsumeResult<Ignore, byte[]> result = consumer.Consume(_stop.Token);
            if (result.IsPartitionEOF)
            {
                ends.Remove(result.TopicPartition);
                continue;
            }

            memory.Learn(result.Message.Value);
            metrics.Followed();
            if (ends.Count > 0 && ends.TryGetValue(result.TopicPartition, out long end) && result.Offset.Value + 1 >= end)
            {
                ends.Remove(result.TopicPartition);
            }
        }
    }
}

/// <summary>How many records are read at the start.</summary>
/// <param name="Partitions">Partitions of <c>player-events</c>.</param>
/// <param name="Records">Records of all partitions together, about.</param>
internal sealed record FollowerLimits(int Partitions, int Records);

/// <summary>Makes consumers, one after another.</summary>
internal interface IConsumerFactory
{
    IConsumer<Ignore, byte[]> Create();
}

/// <summary>Consumers of the contract's settings that report a partition's end.</summary>
internal sealed class ConsumerFactory(string bootstrapServers, string serverId, ILogger<ConsumerFactory> log) : IConsumerFactory
{
    // The client's queue of records that are fetched and not consumed yet; its default is 64 MB.
    private const int QueuedKilobytes = 4 * 1024;

    // A fetch waits for this much, or for the contract's 100 ms: one that is answered for each record would take the broker's and this server's time from the
    // actions that players wait for.
    private const int FetchMinBytes = 64 * 1024;

    public IConsumer<Ignore, byte[]> Create()
    {
        ConsumerConfig config = ClientSettings.Consumer(bootstrapServers, serverId, $"game-server-{serverId}");
        config.EnablePartitionEof = true;
        config.QueuedMaxMessagesKbytes = QueuedKilobytes;
        config.FetchMinBytes = FetchMinBytes;
        return new ConsumerBuilder<Ignore, byte[]>(config)
            .SetErrorHandler((_, error) => log.ClientError(error.Reason))
            .SetLogHandler((_, _) => { }) // the producer's client logs the same
            .Build();
    }
}
