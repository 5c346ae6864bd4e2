using Broker.Protocol;
using Broker.Server.Hosting;
using Broker.Server.Metrics;
using Broker.Server.Partitions;
using Broker.Server.Tests.Data;
using Broker.Storage;

namespace Broker.Server.Tests.Hosting;

public sealed class PartitionGaugesTests
{
    [Fact]
    public async Task A_broker_counts_the_partitions_that_lack_replicas()
    {
        LogConfig twoInSync = new() { MinInSyncReplicas = 2 };
        using BrokerMetrics metrics = new(DataBroker.Id);
        using DataBroker broker = new();
        PartitionGauges.AddTo(metrics.Meter, broker.Table);
        broker.Create("whole", partitions: 2, twoInSync, replicas: [1, 2, 3])
            .Create("lacking", config: twoInSync, replicas: [1, 2, 3], isr: [1, 2])
            .Create("refusing", config: twoInSync, replicas: [1, 2, 3], isr: [1]);
        broker.Assign("followed", partitions: 1, leader: 2, replicas: [1, 2], isr: [2]);
        (await broker.Append("lacking", DataBroker.Batch(records: 3), acks: 1)).ErrorCode.ShouldBe((short)ErrorCode.None);

        string page = metrics.Page();
        long Of(string name) => ValueOf(page, name);
        Of("partitions").ShouldBe(5);
        Of("partitions_led").ShouldBe(4);
        Of("partitions_under_replicated").ShouldBe(2);
        Of("partitions_under_min_isr").ShouldBe(1);
        Of("partitions_at_min_isr").ShouldBe(1);
        Of("partitions_offline").ShouldBe(0);
        Of("replica_lag_max").ShouldBe(3);
    }

    [Fact]
    public async Task Each_replica_that_lags_is_named_until_it_has_caught_up()
    {
        using BrokerMetrics metrics = new(DataBroker.Id);
        using DataBroker broker = new();
        PartitionGauges.AddTo(metrics.Meter, broker.Table);
        broker.Create("t", partitions: 2, replicas: [1, 2, 3]);
        broker.Assign("followed", partitions: 1, leader: 2, replicas: [1, 2, 3], isr: [2]);
        await broker.Append("t", DataBroker.Batch(records: 3), acks: 1, partition: 1);
        LinesOf(metrics.Page(), "broker_replica_lag{").ShouldBe([
            "broker_replica_lag{topic=\"t\",partition=\"1\",replica=\"2\"} 3", "broker_replica_lag{topic=\"t\",partition=\"1\",replica=\"3\"} 3"]);

        broker["t", 1].NoteFollowerFetch(new FollowerFetch(2, -1, -1, 3, 0)).ShouldBe(ErrorCode.None);
        LinesOf(metrics.Page(), "broker_replica_lag{").ShouldBe(["broker_replica_lag{topic=\"t\",partition=\"1\",replica=\"3\"} 3"]);
    }

    [Fact]
    public void The_controller_s_answers_about_in_sync_replicas_are_counted()
    {
        using BrokerMetrics metrics = new(DataBroker.Id);
        using DataBroker broker = new();
        PartitionGauges.AddTo(metrics.Meter, broker.Table);
        broker.Create("t", partitions: 1, replicas: [1, 2, 3]);
        Partition partition = broker["t"];
        void Answer(ErrorCode error, int afterEpoch, params int[] isr)
        {
            PartitionState state = partition.State;
            IsrProposal proposal = new(partition.Name, partition.TopicId, state.LeaderEpoch, state.PartitionEpoch, []);
            partition.ProposalAnswered(proposal, new IsrAnswer(error, state.LeaderEpoch, state.PartitionEpoch + afterEpoch, [.. isr]));
        }

        Answer(ErrorCode.None, 1, 1, 2);
        Answer(ErrorCode.None, 1, 1);
        Answer(ErrorCode.None, 1, 1, 2, 3);
        Answer(ErrorCode.IneligibleReplica, 0);
        string page = metrics.Page();
        ValueOf(page, "isr_shrinks_total").ShouldBe(2);
        ValueOf(page, "isr_expands_total").ShouldBe(1);
        ValueOf(page, "isr_updates_failed_total").ShouldBe(1);
    }

    private static long ValueOf(string page, string name) => long.Parse(LinesOf(page, $"broker_{name} ").ShouldHaveSingleItem().Split(' ')[1]);

    private static string[] LinesOf(string page, string start) => [.. page.Split('\n').Where(line => line.StartsWith(start, StringComparison.Ordinal))];
}
