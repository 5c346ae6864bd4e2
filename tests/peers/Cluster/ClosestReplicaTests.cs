using Broker.Protocol;
using Broker.Protocol.Messages;

namespace Peers.Tests.Cluster;

/// <summary>Consumers with a rack in a cluster of Apache's brokers and ours: whoever leads says the same, and whoever follows serves them (KIP-392).</summary>
public sealed class ClosestReplicaTests
{
    private const int Records = 100;
    private const int Leader = -1;

    [Fact]
    public async Task Apaches_leaders_and_ours_send_a_consumer_to_the_replica_in_its_rack_which_serves_it()
    {
        Need.AllCases();
        Need.Cluster();
        await using MixedCluster cluster = await MixedCluster.StartAsync("replica.selector.class=org.apache.kafka.common.replica.RackAwareReplicaSelector");
        await cluster.StartApacheAsync(1);
        await Task.WhenAll(cluster.StartOursAsync(2), cluster.StartOursAsync(3));
        string[] addresses = ["", cluster.Apache(1).BootstrapServers, cluster.Ours(2).BootstrapServers, cluster.Ours(3).BootstrapServers];

        // Broker N is in rack-N: Apache's leads the first partition, one of ours the second.
        await cluster.CreateTopicAsync("t", [1, 2, 3], [2, 1, 3]);
        await Kafka.ProduceAsync(cluster.BootstrapServers, "t", Kafka.Numbers(0, Records));
        foreach ((int partition, int leader) in new[] { (0, 1), (1, 2) })
        {
            for (int rack = 1; rack <= 3; rack++)
            {
                int expected = rack == leader ? Leader : rack;
                await Until.HoldsAsync($"broker {leader} sends rack-{rack} to {expected}", Kafka.Patience,
                    async () => (await Fetch(addresses[leader], partition, $"rack-{rack}")).PreferredReadReplica == expected);
                await Until.HoldsAsync($"broker {rack} serves partition {partition}", Kafka.Patience,
                    async () => await Fetch(addresses[rack], partition, $"rack-{rack}") is { ErrorCode: 0, PreferredReadReplica: Leader, Records.Length: > 0 });
            }

            (await Fetch(addresses[leader], partition, "rack-9")).PreferredReadReplica.ShouldBe(Leader);
            (await Fetch(addresses[leader], partition, "")).PreferredReadReplica.ShouldBe(Leader);
        }

        Kafka.ReadAll(cluster.BootstrapServers, "t", 2, rack: "rack-3").Count.ShouldBe(Records);
    }

    private static async Task<FetchResponse.PartitionData> Fetch(string address, int partition, string rack)
    {
        using RawConnection connection = await RawConnection.OpenAsync(address);
        FetchResponse? response = await connection.AskAsync<FetchRequest, FetchResponse>(
            new FetchRequest
            {
                RackId = rack,
                SessionEpoch = -1,
                MaxBytes = 1 << 20,
                Topics = [new() { Topic = "t", Partitions = [new() { Partition = partition, PartitionMaxBytes = 1 << 20 }] }],
            },
            version: 12);
        return response.ShouldNotBeNull().Responses.ShouldHaveSingleItem().Partitions.ShouldHaveSingleItem();
    }
}
