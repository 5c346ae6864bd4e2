using Confluent.Kafka;

namespace Peers.Tests.Cluster;

/// <summary>Our brokers and Apache's in one cluster: each may control, lead and follow.</summary>
public sealed class MixedClusterTests
{
    private const int Records = 3_000;

    [Fact]
    public async Task Under_an_Apache_controller_ours_follows_and_leads_and_is_killed()
    {
        Need.AllCases();
        Need.Cluster();
        await using MixedCluster cluster = await MixedCluster.StartAsync();
        await cluster.StartApacheAsync(1);
        await Task.WhenAll(cluster.StartApacheAsync(2), cluster.StartOursAsync(3));
        await cluster.CreateTopicAsync("t", [1, 3, 2], [3, 1, 2]);
        await Kafka.ProduceAsync(cluster.BootstrapServers, "t", Kafka.Numbers(0, Records), CompressionType.Lz4);
        await IsEverywhere(cluster, "t", partitions: 2);

        // Killed, it loses its leadership; started again, it catches up and is in sync.
        await cluster.Ours(3).KillAsync();
        await cluster.IsAsync("t", 1, 1, 1, 2);
        await Kafka.ProduceAsync(cluster.BootstrapServers, "t", Kafka.Numbers(Records, Records));
        await cluster.Ours(3).StartAgainAsync();
        await cluster.IsAsync("t", 0, 1, 1, 2, 3);
        await cluster.IsAsync("t", 1, 1, 1, 2, 3);
        await IsEverywhere(cluster, "t", partitions: 2);
        Kafka.ReadAll(cluster.BootstrapServers, "t", 2).Count.ShouldBe(2 * Records);
    }

    [Fact]
    public async Task Under_our_controller_Apaches_brokers_follow_and_lead_and_are_killed()
    {
        Need.AllCases();
        Need.Cluster();
        await using MixedCluster cluster = await MixedCluster.StartAsync();
        await cluster.StartOursAsync(1);
        await Task.WhenAll(cluster.StartApacheAsync(2), cluster.StartOursAsync(3));
        await cluster.CreateTopicAsync("t", [1, 2, 3], [2, 3, 1]);
        await Kafka.ProduceAsync(cluster.BootstrapServers, "t", Kafka.Numbers(0, Records), CompressionType.Zstd);
        await IsEverywhere(cluster, "t", partitions: 2);
        await cluster.Apache(2).KillAsync();
        await cluster.IsAsync("t", 0, 1, 1, 3);
        await cluster.IsAsync("t", 1, 3, 1, 3);
        await Kafka.ProduceAsync(cluster.BootstrapServers, "t", Kafka.Numbers(Records, Records));
        await cluster.StartApacheAsync(2);
        await cluster.IsAsync("t", 0, 1, 1, 2, 3);
        await cluster.IsAsync("t", 1, 3, 1, 2, 3);
        await IsEverywhere(cluster, "t", partitions: 2);
        Kafka.ReadAll(cluster.BootstrapServers, "t", 2).Count.ShouldBe(2 * Records);
    }

    [Fact]
    public async Task A_cluster_moves_from_Apache_to_ours_and_back_broker_by_broker_with_its_folders()
    {
        Need.AllCases();
        Need.Cluster();
        await using MixedCluster cluster = await MixedCluster.StartAsync();
        await cluster.StartApacheAsync(1);
        await Task.WhenAll(cluster.StartApacheAsync(2), cluster.StartApacheAsync(3));
        await cluster.CreateTopicAsync("t", [1, 2, 3], [2, 3, 1], [3, 1, 2]);
        int sent = 0;
        Dictionary<int, long> committed = [];
        async Task ProduceMore()
        {
            await Kafka.ProduceAsync(cluster.BootstrapServers, "t", Kafka.Numbers(sent, Records));
            sent += Records;
            committed = Kafka.ReadAndCommit(cluster.BootstrapServers, "readers", "t", Records);
        }

        await ProduceMore();
        for (int id = 1; id <= 3; id++)
        {
            await cluster.StopApacheAsync(id);
            await cluster.StartOursAsync(id);
            await IsInSync(cluster);
            await ProduceMore();
        }

        for (int id = 1; id <= 3; id++)
        {
            await cluster.StopOursAsync(id);
            await cluster.StartApacheAsync(id);
            await IsInSync(cluster);
            await ProduceMore();
        }

        Kafka.ReadAll(cluster.BootstrapServers, "t", 3).Count.ShouldBe(sent);
        committed.Values.Sum().ShouldBe(sent);
        cluster.Apache(1).Complaints.ShouldBeEmpty();
        await IsEverywhere(cluster, "t", partitions: 3);
    }

    private static async Task IsInSync(MixedCluster cluster)
    {
        for (int partition = 0; partition < 3; partition++)
        {
            await cluster.IsInSyncAsync("t", partition, replicas: 3);
        }
    }

    private static async Task IsEverywhere(MixedCluster cluster, string topic, int partitions)
    {
        for (int partition = 0; partition < partitions; partition++)
        {
            await cluster.IsSameAsync(topic, partition, 1, 2, 3);
        }
    }
}
