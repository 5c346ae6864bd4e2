using Confluent.Kafka;
using Confluent.Kafka.Admin;
using Game.Contracts;

namespace Game.Cli.Demo;

/// <summary>The committed offset of a consumer group on one partition, and the end of the partition.</summary>
internal readonly record struct PartitionProgress(TopicPartition Partition, long Committed, long End)
{
    public long Lag => Math.Max(0, End - Math.Max(0, Committed));
}

/// <summary>
/// Reads the offsets and members of consumer groups, as an operator's tool does. Offsets are read through consumers that never join a group, because they
/// follow a leader or coordinator that moves. librdkafka's admin client (2.16) asks a dead leader in a busy loop, and crashes when the former coordinator
/// answers NOT_COORDINATOR to OffsetFetch (confluentinc/librdkafka#5040).
/// </summary>
internal sealed class GroupProgress(string bootstrapServers) : IDisposable
{
    private const string OwnGroup = "demo-progress";

    /// <summary>Longer than leaders and coordinators take to move when a broker fails.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private static readonly TimeSpan RequestTimeout = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(200);

    private readonly Lock _gate = new();
    private readonly Dictionary<string, IConsumer<Ignore, Ignore>> _consumers = [];
    private IAdminClient _admin = NewAdmin(bootstrapServers);

    /// <summary>The committed offset and the log end of each partition.</summary>
    public async Task<IReadOnlyList<PartitionProgress>> OfAsync(string group, string topic, int partitions)
    {
        TopicPartition[] all = [.. Enumerable.Range(0, partitions).Select(p => new TopicPartition(topic, p))];
        Dictionary<int, long> ends = await EndsAsync(all);
        List<TopicPartitionOffset> committed = await AskAsync(() => Task.Run(() => Consumer(group).Committed(all, RequestTimeout)));
        return [.. committed.Select(p => new PartitionProgress(p.TopicPartition, p.Offset.IsSpecial ? -1 : p.Offset.Value, ends[p.Partition.Value]))];
    }

    public async Task<long> LagAsync(string group, string topic, int partitions) => (await OfAsync(group, topic, partitions)).Sum(p => p.Lag);

    /// <summary>The partitions of the topic that each member of the group is assigned, by the member's client id. One call at a time.</summary>
    public async Task<ILookup<string, int>> AssignmentAsync(string group, string topic)
    {
        DescribeConsumerGroupsResult described = await AskAsync(() => DescribeAsync(group));
        return described.ConsumerGroupDescriptions[0].Members
            .SelectMany(member => member.Assignment.TopicPartitions.Where(p => p.Topic == topic).Select(p => (member.ClientId, p.Partition.Value)))
            .ToLookup(pair => pair.ClientId, pair => pair.Value);
    }

    public async Task<bool> HoldsAnythingAsync(TopicSpec topic)
        => (await EndsAsync(Enumerable.Range(0, topic.Partitions).Select(p => new TopicPartition(topic.Name, p)))).Values.Any(end => end > 0);

    public async Task<Dictionary<int, long>> EndsAsync(IEnumerable<TopicPartition> partitions)
        => (await Task.WhenAll(partitions.Select(EndAsync))).ToDictionary(end => end.Partition.Value, end => end.Offset.Value);

    public void Dispose()
    {
        foreach (IConsumer<Ignore, Ignore> consumer in _consumers.Values)
        {
            consumer.Dispose();
        }

        _admin.Dispose();
    }

    private async Task<TopicPartitionOffset> EndAsync(TopicPartition partition)
        => new(partition, (await AskAsync(() => Task.Run(() => WatermarksOf(partition)))).High);

    private WatermarkOffsets WatermarksOf(TopicPartition partition)
    {
        IConsumer<Ignore, Ignore> consumer = Consumer(OwnGroup);
        try
        {
            return consumer.QueryWatermarkOffsets(partition, RequestTimeout);
        }
        catch (KafkaException)
        {
            // librdkafka (2.16) caches that a partition has no leader for minutes, unless it is asked for the topic.
            using IAdminClient admin = new DependentAdminClientBuilder(consumer.Handle).Build();
            admin.GetMetadata(partition.Topic, RequestTimeout);
            throw;
        }
    }

    private async Task<DescribeConsumerGroupsResult> DescribeAsync(string group)
    {
        try
        {
            return await _admin.DescribeConsumerGroupsAsync([group], new DescribeConsumerGroupsOptions { RequestTimeout = RequestTimeout });
        }
        catch (KafkaException)
        {
            // A client keeps asking the coordinator that it has found first for minutes, whatever that answers (librdkafka 2.16).
            _admin.Dispose();
            _admin = NewAdmin(bootstrapServers);
            throw;
        }
    }

    private static IAdminClient NewAdmin(string bootstrapServers)
        => new AdminClientBuilder(ClientSettings.Admin(bootstrapServers, OwnGroup)).SetLogHandler((_, _) => { }).Build();

    private IConsumer<Ignore, Ignore> Consumer(string group)
    {
        lock (_gate)
        {
            if (!_consumers.TryGetValue(group, out IConsumer<Ignore, Ignore>? consumer))
            {
                ConsumerConfig config = ClientSettings.Consumer(bootstrapServers, OwnGroup, group);
                consumer = new ConsumerBuilder<Ignore, Ignore>(config).SetLogHandler((_, _) => { }).Build();
                _consumers[group] = consumer;
            }

            return consumer;
        }
    }

    // While leaders and coordinators move, brokers refuse requests or do not answer them; then the request is repeated.
    private static async Task<T> AskAsync<T>(Func<Task<T>> request)
    {
        long started = TimeProvider.System.GetTimestamp();
        while (true)
        {
            try
            {
                return await request();
            }
            catch (KafkaException) when (TimeProvider.System.GetElapsedTime(started) < Patience)
            {
                await Task.Delay(Pause);
            }
        }
    }
}
