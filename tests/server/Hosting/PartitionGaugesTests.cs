using Broker.Protocol;
using Broker.Server.Hosting;
using Broker.Server.Metrics;
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
        long Of(string name) => long.Parse(page.Split('\n').Single(line => line.StartsWith($"broker_{name} ", StringComparison.Ordinal)).Split(' ')[1]);
        Of("partitions").ShouldBe(5);
        Of("partitions_led").ShouldBe(4);
        Of("partitions_under_replicated").ShouldBe(2);
        Of("partitions_under_min_isr").ShouldBe(1);
        Of("partitions_at_min_isr").ShouldBe(1);
        Of("partitions_offline").ShouldBe(0);
        Of("replica_lag_max").ShouldBe(3);
    }
}
