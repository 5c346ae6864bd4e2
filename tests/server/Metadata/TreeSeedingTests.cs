using Broker.Server.Scheduling;
using Broker.Server.Metadata;
using Broker.Server.Metadata.Znodes;
using Broker.Server.Tests.Controller;
using Broker.Storage;
using Microsoft.Extensions.Logging.Abstractions;

namespace Broker.Server.Tests.Metadata;

public sealed class TreeSeedingTests
{
    [Fact]
    public async Task An_empty_tree_gets_the_topics_of_the_folders_and_the_controller_leads_them_above_their_epochs()
    {
        await using ControlledCluster cluster = new();
        await cluster.Prepare();
        Guid id = TopicId.New(Random.Shared);
        await Seed(cluster, new(new TopicPartition("t", 0), id, 4), new(new TopicPartition("t", 2), id, 6, HighestProducerId: 2345),
            new(new TopicPartition("u", 0), Guid.Empty, -1));
        await cluster.StartBroker(1);

        TopicImage topic = cluster.Brokers[1].Metadata.Current.Topic("t").ShouldNotBeNull();
        topic.Id.ShouldBe(id);
        topic.Partitions.Values.Select(partition => (partition.Partition, partition.Leader, partition.LeaderEpoch)).ShouldBe([(0, 1, 5), (1, 1, 0), (2, 1, 7)]);
        cluster.Brokers[1].Metadata.Current.Topic("u").ShouldNotBeNull().Id.ShouldNotBe(Guid.Empty);
        (await cluster.Controller(1).AllocateProducerIds(1, cluster.Epoch(1))).Block!.Start.ShouldBe(4000);
    }

    [Fact]
    public async Task A_tree_that_has_topics_is_left_alone()
    {
        await using ControlledCluster cluster = await ControlledCluster.Start(1);
        await cluster.CreateTopic("t", [1]);
        await Seed(cluster, new TreeSeeding.Folder(new TopicPartition("u", 0), Guid.Empty, 3));
        (await cluster.Znodes.Children(ZnodePaths.Topics)).ShouldBe(["t"]);
    }

    [Fact]
    public async Task What_comes_back_without_its_settings_keeps_all_its_records_and_is_compacted_where_it_was()
    {
        await using ControlledCluster cluster = new();
        await cluster.Prepare();
        await Seed(cluster, new(new TopicPartition("kept", 0), Guid.Empty, 0), new(new TopicPartition("compacted", 0), Guid.Empty, 0),
            new(new TopicPartition(ClusterImage.ConsumerOffsets, 0), Guid.Empty, 0));

        (await cluster.Znodes.Config("topics/kept")).ShouldBe([new("retention.ms", "-1"), new("retention.bytes", "-1")], ignoreOrder: true);
        (await cluster.Znodes.Config("topics/compacted")).ShouldBe([new("retention.ms", "-1"), new("retention.bytes", "-1"), new("cleanup.policy", "compact")],
            ignoreOrder: true);
        (await cluster.Znodes.Config("topics/" + ClusterImage.ConsumerOffsets)).Keys.ShouldBe(["cleanup.policy", "compression.type", "segment.bytes"],
            ignoreOrder: true);
    }

    private static async Task Seed(ControlledCluster cluster, params TreeSeeding.Folder[] folders)
    {
        MetadataLog log = new(NullLogger.Instance);
        DynamicBrokerConfigs configs =
            new(new Broker.Server.Config.BrokerConfig(new Dictionary<string, string> { ["listeners"] = "PLAINTEXT://127.0.0.1:9092" }), 1, cluster.Znodes, log);
        HashSet<string> compacted = ["compacted", ClusterImage.ConsumerOffsets];
        await new TreeSeeding(cluster.Znodes, 1, new TopicDefaults(configs), () => compacted, new Random(1), log).Seed(folders);
    }
}
