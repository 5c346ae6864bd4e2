using Confluent.Kafka;
using Confluent.Kafka.Admin;
using Game.Contracts;
using Load;
using Running;

namespace Faults.Tests.Brokers;

/// <summary>Kills the broker with SIGKILL under load, several times.</summary>
public sealed class BrokerKillTests : IAsyncLifetime
{
    private const string First = "orders", Second = "payments", Group = "readers";
    private const int FirstPartitions = 4, SecondPartitions = 3;
    private const int Seed = 20260131;
    private static readonly TimeSpan LoadTimeout = TimeSpan.FromSeconds(60);
    private readonly TempFolder _folder = new();
    private BrokerProcess _broker = null!;

    public async ValueTask InitializeAsync() => _broker = await BrokerProcess.StartAsync(_folder["broker"]);

    public async ValueTask DisposeAsync()
    {
        Vital.TellIfFailed("the broker", _broker.Log);
        await _broker.DisposeAsync();
        _folder.Dispose();
    }

    [Fact]
    public async Task Nothing_acknowledged_is_lost_doubled_or_out_of_order()
    {
        Random random = new(Seed);
        // Segments are small, so that a kill also falls into rolls, snapshots and index writes, not only into the tail of one file.
        using (IAdminClient admin = NewAdmin())
        {
            await admin.CreateTopicsAsync([Topic(First, FirstPartitions, "262144"), Topic(Second, SecondPartitions, "1048576")]);
        }
        Dictionary<string, string> topics = await IdsAsync(First, Second);
        NumberedProducer[] producers = StartProducers(_broker.BootstrapServers);
        using CommittingReader reader = new(_broker.BootstrapServers, Group, First);
        KnownCommits commits = new(_broker.BootstrapServers, First, FirstPartitions);
        try
        {
            for (int round = 1; round <= Rounds.Of(smoke: 2); round++)
            {
                await LoadAsync(producers, random.Next(2_000, 20_000));
                string made = $"made-in-round-{round}";
                using (IAdminClient admin = NewAdmin())
                {
                    await admin.CreateTopicsAsync([Topic(made, 2, "1048576")]);
                }
                topics = topics.Concat(await IdsAsync(made)).ToDictionary();
                await Until.HoldsAsync("the group's commits", LoadTimeout, () => reader.Committed().Count > 0);
                await commits.CommitAsync();
                await _broker.KillAsync();
                await _broker.StartAgainAsync();
                (await IdsAsync([.. topics.Keys])).ShouldBe(topics, $"topics after kill {round}");
                (await SegmentBytesAsync(First)).ShouldBe("262144");
                await commits.ShouldBeThereAsync();
            }

            await LoadAsync(producers, 2_000);
            await Task.WhenAll(producers.Select(producer => producer.FinishAsync()));
            LogCheck.HoldsExactly(_broker.BootstrapServers, First, FirstPartitions, producers, TestContext.Current.CancellationToken);
            LogCheck.HoldsExactly(_broker.BootstrapServers, Second, SecondPartitions, producers, TestContext.Current.CancellationToken);
            await reader.SeenAsync(Enumerable.Range(0, FirstPartitions).ToDictionary(p => new TopicPartition(First, p),
                p => (long)producers.Where(producer => producer.Topic == First).Sum(producer => producer.SentTo(p))));
        }
        finally
        {
            foreach (NumberedProducer producer in producers)
            {
                producer.Dispose();
            }
        }
    }

    // A new client each time: librdkafka caches a group's coordinator. After all brokers were down it starts from the bootstrap servers again, but still asks
    // the old connection for the coordinator.
    private IAdminClient NewAdmin() => new AdminClientBuilder(ClientSettings.Admin(_broker.BootstrapServers, "faults")).SetLogHandler((_, _) => { }).Build();

    private static NumberedProducer[] StartProducers(string bootstrap) =>
    [
        new(bootstrap, "plain-1", First, FirstPartitions, CompressionType.None),
        new(bootstrap, "lz4-2", First, FirstPartitions, CompressionType.Lz4),
        new(bootstrap, "zstd-3", Second, SecondPartitions, CompressionType.Zstd),
        new(bootstrap, "plain-4", Second, SecondPartitions, CompressionType.None),
    ];

    private static TopicSpecification Topic(string name, int partitions, string segmentBytes) =>
        new()
        {
            Name = name, NumPartitions = partitions, ReplicationFactor = 1,
            Configs = new Dictionary<string, string> { ["segment.bytes"] = segmentBytes, ["retention.ms"] = "-1" },
        };

    // Waits until each producer has sent some more records, so that the kill falls into the work of all of them.
    private static Task LoadAsync(NumberedProducer[] producers, int further)
    {
        long[] goals = [.. producers.Select(producer => producer.Count + further / producers.Length)];
        return Until.HoldsAsync($"{further} more acknowledgements", LoadTimeout, () => producers.Zip(goals).All(pair => pair.First.Count >= pair.Second));
    }

    private async Task<Dictionary<string, string>> IdsAsync(params string[] topics)
    {
        using IAdminClient admin = NewAdmin();
        DescribeTopicsResult described = await admin.DescribeTopicsAsync(TopicCollection.OfTopicNames(topics));
        return described.TopicDescriptions.ToDictionary(topic => topic.Name, topic => $"{topic.TopicId} with {topic.Partitions.Count} partitions");
    }

    private async Task<string> SegmentBytesAsync(string topic)
    {
        using IAdminClient admin = NewAdmin();
        List<DescribeConfigsResult> configs = await admin.DescribeConfigsAsync([new ConfigResource { Type = ResourceType.Topic, Name = topic }]);
        return configs[0].Entries["segment.bytes"].Value;
    }
}
