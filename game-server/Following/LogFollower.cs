using Confluent.Kafka;
using Game.Contracts;
using Game.GameServer.Telemetry;

namespace Game.GameServer.Following;

/// <summary>
/// Reads the end of <c>player-events</c>, then goes on with what is appended, on a thread of its own, and hands every value to the <see cref="LogMemory"/>. The
/// start of the server waits, within a bound, until the end is read. Joins no group and commits nothing.
/// </summary>
internal sealed class LogFollower(IConsumerFactory consumers, LogMemory memory, FollowerLimits limits, TimeProvider time, ILogger<LogFollower> log)
    : IHostedService, IDisposable
{
    /// <summary>A server that knows less of the log than it could is better than one that does not start.</summary>
    private static readonly TimeSpan CatchUpPatience = TimeSpan.FromSeconds(15);

    private static readonly TimeSpan RequestTimeout = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);

    private readonly CancellationTokenSource _stop = new();
    private readonly TaskCompletionSource _caughtUp = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private Task _following = Task.CompletedTask;

    public async Task StartAsync(CancellationToken cancellationToken)
    {
        _following = Task.Factory.StartNew(Follow, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
        await Task.WhenAny(_caughtUp.Task, Task.Delay(CatchUpPatience, time, cancellationToken));
        if (!_caughtUp.Task.IsCompleted)
        {
            log.NotCaughtUp(CatchUpPatience.TotalSeconds);
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
            catch (KafkaException e) // the top of the loop: what was missed meanwhile is read from the end anew
            {
                log.FollowingFailed(e.Error.Reason);
                _stop.Token.WaitHandle.WaitOne(Pause);
            }
        }
    }

    // Assigns every partition from its last records on. Gives the offsets up to which there are records now.
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
            if (ends.Count > 0 && ends.TryGetValue(result.TopicPartition, out long end) && result.Offset.Value + 1 >= end)
            {
                ends.Remove(result.TopicPartition);
            }
        }
    }
}

/// <summary>How much of the log is read at the start.</summary>
/// <param name="Partitions">Partitions of <c>player-events</c>.</param>
/// <param name="Records">Records over all partitions, about.</param>
internal sealed record FollowerLimits(int Partitions, int Records);

/// <summary>Makes consumers, one after another.</summary>
internal interface IConsumerFactory
{
    IConsumer<Ignore, byte[]> Create();
}

/// <summary>Consumers of the contract's settings that report a partition's end.</summary>
internal sealed class ConsumerFactory(string bootstrapServers, string serverId, ILogger<ConsumerFactory> log) : IConsumerFactory
{
    // What is read ahead of the memory: the client's default is 64 MB.
    private const int QueuedKilobytes = 4 * 1024;

    public IConsumer<Ignore, byte[]> Create()
    {
        ConsumerConfig config = ClientSettings.Consumer(bootstrapServers, serverId, $"game-server-{serverId}");
        config.EnablePartitionEof = true;
        config.QueuedMaxMessagesKbytes = QueuedKilobytes;
        return new ConsumerBuilder<Ignore, byte[]>(config)
            .SetErrorHandler((_, error) => log.ClientError(error.Reason))
            .SetLogHandler((_, _) => { }) // the producer's client logs the same
            .Build();
    }
}
