using Broker.Server.Controller;
using Broker.Server.Metadata.Znodes;
using Broker.Server.Metrics;
using Broker.Storage;

namespace Broker.Server.Tests.Controller;

public sealed class ControllerMetricsTests
{
    [Fact]
    public async Task The_controller_counts_the_cluster_s_partitions_and_elections()
    {
        using BrokerMetrics metrics = new(brokerId: 1);
        await using ControlledCluster cluster = new();
        cluster.Metrics[1] = new ControllerMetrics();
        cluster.Metrics[1].AddTo(metrics.Meter);
        await cluster.Prepare();
        await cluster.StartBroker(1);
        await cluster.StartBroker(2);
        await cluster.CreateTopic("t", [2, 1], [1, 2], [2]);
        await cluster.CreateTopic("lossy", [2, 1]);
        Read(metrics).ShouldBe((Controllers: 1, Brokers: 2, Topics: 2, Partitions: 4, Offline: 0, Imbalanced: 0, Unclean: 0));

        cluster.UncleanTopics.Add("lossy");
        await cluster.Client.Current.SetData(
            ZnodePaths.PartitionState(new TopicPartition("lossy", 0)), (await cluster.State("lossy") with { Isr = [2] }).Encode());
        await cluster.Kill(2);
        Read(metrics).ShouldBe((Controllers: 1, Brokers: 1, Topics: 2, Partitions: 4, Offline: 1, Imbalanced: 3, Unclean: 1));
        metrics.Page().ShouldContain("broker_controller_leader_election_duration_seconds_count 2");

        await cluster.DeleteTopic("t");
        Read(metrics).ShouldBe((Controllers: 1, Brokers: 1, Topics: 2, Partitions: 4, Offline: 0, Imbalanced: 1, Unclean: 1));
        await cluster.StartBroker(2);
        Read(metrics).ShouldBe((Controllers: 1, Brokers: 2, Topics: 1, Partitions: 1, Offline: 0, Imbalanced: 1, Unclean: 1));
        await cluster.Kill(1);
        Read(metrics).ShouldBe((Controllers: 0, Brokers: 0, Topics: 0, Partitions: 0, Offline: 0, Imbalanced: 0, Unclean: 1));
    }

    private static (int Controllers, int Brokers, int Topics, int Partitions, int Offline, int Imbalanced, int Unclean) Read(BrokerMetrics metrics)
    {
        string[] lines = metrics.Page().Split('\n');
        int Of(string name) => int.Parse(lines.Single(line => line.StartsWith($"broker_controller_{name} ", StringComparison.Ordinal)).Split(' ')[1]);
        return (Of("active_controller_count"), Of("active_broker_count"), Of("global_topic_count"), Of("global_partition_count"),
            Of("offline_partitions_count"), Of("preferred_replica_imbalance_count"), Of("unclean_leader_elections_total"));
    }
}
