using Confluent.Kafka;
using Confluent.Kafka.Admin;
using Faults.Tests.Running;

namespace Faults.Tests.Brokers;

/// <summary>kill -9 under load, again and again.</summary>
public sealed class BrokerKillTests : IDisposable
{
    private const string First = "orders", Second = "payments", Group = "readers";
    private const int FirstPartitions = 4, SecondPartitions = 3;
    private const int Seed = 20260131;
    private static readonly TimeSpan LoadTimeout = TimeSpan.FromSeconds(60);
    private readonly TestFolder folder = new("broker-kill");

    public void Dispose() => folder.Dispose();

    [Fact]
    public async Task Nothing_acknowledged_is_lost_doubled_or_out_of_order()
    {
        var random = new Random(Seed);
        await using var broker = new BrokerProgram(folder);
        await broker.StartAsync();
        // Small segments: a kill then meets rolls, snapshots and indexes, and not only the tail of one file.
        await broker.Admin.CreateTopicsAsync([Topic(First, FirstPartitions, "262144"), Topic(Second, SecondPartitions, "1048576")]);
        Dictionary<string, string> topics = await IdsAsync(broker.Admin, [First, Second]);
        NumberedProducer[] producers = StartProducers(broker.Bootstrap);
        using var reader = new CommittingReader(broker.Bootstrap, Group, First);
        try
        {
            for (int round = 1; round <= Rounds.Of(smoke: 2); round++)
            {
                await LoadAsync(producers, random.Next(2_000, 20_000));
                string made = $"made-in-round-{round}";
                await broker.Admin.CreateTopicsAsync([Topic(made, 2, "1048576")]);
                topics = topics.Concat(await IdsAsync(broker.Admin, [made])).ToDictionary();
                await Until.HoldsAsync("the group's commits", LoadTimeout, () => reader.Committed().Count > 0);
                Dictionary<TopicPartition, long> committed = reader.Committed();
                await broker.KillAsync();
                await broker.StartAsync();
                (await IdsAsync(broker.Admin, [.. topics.Keys])).ShouldBe(topics, $"topics after kill {round}");
                (await SegmentBytesAsync(broker.Admin, First)).ShouldBe("262144");
                await CommitsSurvivedAsync(broker.Admin, committed);
            }

            await LoadAsync(producers, 2_000);
            await Task.WhenAll(producers.Select(producer => producer.FinishAsync()));
            LogCheck.HoldsExactly(broker.Bootstrap, First, FirstPartitions, producers);
            LogCheck.HoldsExactly(broker.Bootstrap, Second, SecondPartitions, producers);
            await reader.SeenAsync(Enumerable.Range(0, FirstPartitions).ToDictionary(p => new TopicPartition(First, p), p => (long)producers.Where(producer => producer.Topic == First).Sum(producer => producer.SentTo(p))));
        }
        finally
        {
            foreach (NumberedProducer producer in producers)
                producer.Dispose();
        }
    }

    private static NumberedProducer[] StartProducers(string bootstrap) =>
    [
        new(bootstrap, "plain-1", First, FirstPartitions, CompressionType.None),
        new(bootstrap, "lz4-2", First, FirstPartitions, CompressionType.Lz4),
        new(bootstrap, "zstd-3", Second, SecondPartitions, CompressionType.Zstd),
        new(bootstrap, "plain-4", Second, SecondPartitions, CompressionType.None),
    ];

    private static TopicSpecification Topic(string name, int partitions, string segmentBytes) =>
        new() { Name = name, NumPartitions = partitions, ReplicationFactor = 1, Configs = new Dictionary<string, string> { ["segment.bytes"] = segmentBytes, ["retention.ms"] = "-1" } };

    // Every producer gets that much further, so that the kill meets all of them at work.
    private static Task LoadAsync(NumberedProducer[] producers, int further)
    {
        long[] goals = [.. producers.Select(producer => producer.Count + further / producers.Length)];
        return Until.HoldsAsync($"{further} more acknowledgements", LoadTimeout, () => producers.Zip(goals).All(pair => pair.First.Count >= pair.Second));
    }

    private static async Task<Dictionary<string, string>> IdsAsync(IAdminClient admin, string[] topics)
    {
        DescribeTopicsResult described = await admin.DescribeTopicsAsync(TopicCollection.OfTopicNames(topics));
        return described.TopicDescriptions.ToDictionary(topic => topic.Name, topic => $"{topic.TopicId} with {topic.Partitions.Count} partitions");
    }

    private static async Task<string> SegmentBytesAsync(IAdminClient admin, string topic)
    {
        List<DescribeConfigsResult> configs = await admin.DescribeConfigsAsync([new ConfigResource { Type = ResourceType.Topic, Name = topic }]);
        return configs[0].Entries["segment.bytes"].Value;
    }

    private static async Task CommitsSurvivedAsync(IAdminClient admin, Dictionary<TopicPartition, long> committed)
    {
        List<ListConsumerGroupOffsetsResult> now = await admin.ListConsumerGroupOffsetsAsync([new ConsumerGroupTopicPartitions(Group, [.. committed.Keys])]);
        foreach (TopicPartitionOffsetError found in now[0].Partitions)
            found.Offset.Value.ShouldBeGreaterThanOrEqualTo(committed[found.TopicPartition], $"the group's offset of {found.TopicPartition}");
    }
}
