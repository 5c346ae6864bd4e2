using System.Diagnostics;
using Confluent.Kafka;
using Game.Cli.Cluster;
using Game.Cli.Processes;
using Game.Simulator.World;
using Geography = Game.Worlds.Geography;

namespace Game.Demo.Tests;

/// <summary>What the demo of a cluster derives from metadata and acknowledgements.</summary>
public sealed class ClusterTests
{
    private const int Partitions = 4;

    // The figures are those of Kafka's own test of its hash.
    [Theory]
    [InlineData("21", -973932308)]
    [InlineData("foobar", -790332482)]
    [InlineData("a-little-bit-long-string", -985981536)]
    [InlineData("a-little-bit-longer-string", -1486304829)]
    [InlineData("lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8", -58897971)]
    [InlineData("abc", 479470107)]
    public void A_key_has_the_hash_that_clients_compute(string key, int hash)
    {
        KeyPartition.Murmur2(System.Text.Encoding.UTF8.GetBytes(key)).ShouldBe(hash);
        KeyPartition.Of(key, 5).ShouldBe((hash & int.MaxValue) % 5);
    }

    [Fact]
    public void A_state_counts_leaders_replicas_in_sync_and_what_is_missing()
    {
        ClusterState state = ClusterState.Of(Described(1, 3), controller: 3);
        state.Brokers.ShouldBe([new BrokerState(1, true, 1, 2, 2), new BrokerState(2, false, 0, 0, 2), new BrokerState(3, true, 0, 1, 1)]);
        (state.Partitions, state.UnderReplicated, state.WithoutLeader, state.IsWhole).ShouldBe((2, 2, 1, false));
        state.Leaders[new TopicPartition("t", 0)].ShouldBe(1);
        state.Summary.ShouldBe("controller 3, 2 partitions, 2 under-replicated, 1 without leader");
    }

    [Fact]
    public async Task The_first_acknowledgement_is_of_an_action_of_the_partition_that_was_due_after_the_fault()
    {
        Acknowledgements acknowledged = new(Partitions);
        LoginAction[] logins = [.. new LivePlan(new GameWorld(1, 600, new Geography()), new LivePlanOptions(Seconds: 10, Rate: 100, StartEpochMs: 0)).Actions()
            .OfType<LoginAction>().Take(200)];
        int partition = KeyPartition.Of(logins[0].Player.UserId, Partitions);
        long fault = Stopwatch.GetTimestamp();
        Task<long> first = acknowledged.FirstAsync(partition, fault);
        acknowledged.Add(logins[0], fault - 1);
        acknowledged.Add(logins.First(login => KeyPartition.Of(login.Player.UserId, Partitions) != partition), fault + 1);
        first.IsCompleted.ShouldBeFalse();
        acknowledged.Add(logins[0], fault + 1);
        (await first).ShouldBeGreaterThanOrEqualTo(fault);
        acknowledged.Busiest.ShouldBe(partition);
    }

    [Fact]
    public void ZooKeeper_is_stopped_after_the_brokers_and_they_after_what_uses_them()
        => StopOrder.Steps(["zookeeper", "broker-1", "local-webhdfs", "detector-1", "hdfs-sink", "game-server-1", "broker-2"], name => name)
            .Select(step => string.Join(' ', step)).ShouldBe(["game-server-1", "detector-1 hdfs-sink", "broker-1 local-webhdfs broker-2", "zookeeper"]);

    // Two partitions; broker 2 is away, and the second partition has no leader.
    private static Metadata Described(params int[] brokers)
        => new([.. brokers.Select(id => new BrokerMetadata(id, "127.0.0.1", 9092))],
            [new TopicMetadata("t", [Partition(0, leader: 1, [1, 2, 3], [1, 3]), Partition(1, leader: -1, [2, 1], [1])], new Error(ErrorCode.NoError))],
            originatingBrokerId: 1, originatingBrokerName: "");

    private static PartitionMetadata Partition(int id, int leader, int[] replicas, int[] inSync)
        => new(id, leader, replicas, inSync, new Error(ErrorCode.NoError));
}
