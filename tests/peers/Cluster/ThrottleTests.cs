using System.Globalization;

namespace Peers.Tests.Cluster;

/// <summary>Replication that Apache's kafka-configs throttles on live brokers: on a leader of ours, and on a follower of ours under Apache's leader.</summary>
public sealed class ThrottleTests
{
    /// <summary>At the throttle's rate it takes a quarter of an hour to copy what is written to each partition while the third broker is away.</summary>
    private const int BytesPerSecond = 50_000, Records = 50, RecordBytes = 900_000;

    private const string LeaderRate = "leader.replication.throttled.rate", FollowerRate = "follower.replication.throttled.rate";

    [Fact]
    public async Task Each_side_s_throttle_holds_a_replica_back_until_it_is_removed()
    {
        Need.AllCases();
        Need.Cluster();
        await using MixedCluster cluster = await MixedCluster.StartAsync();
        await cluster.StartApacheAsync(1);
        await Task.WhenAll(cluster.StartOursAsync(2), cluster.StartOursAsync(3));
        string bootstrap = cluster.BootstrapServers;
        await cluster.CreateTopicAsync("led-by-ours", [2, 1, 3]);
        await cluster.CreateTopicAsync("led-by-apache", [1, 2, 3]);
        await AlterAsync("topics", "led-by-ours", "--add-config", "leader.replication.throttled.replicas=[0:2]");
        await AlterAsync("topics", "led-by-apache", "--add-config", "follower.replication.throttled.replicas=[0:3]");
        await AlterAsync("brokers", "2", "--add-config", $"{LeaderRate}={BytesPerSecond}");
        await AlterAsync("brokers", "3", "--add-config", $"{FollowerRate}={BytesPerSecond}");

        await cluster.KillAsync(3);
        string record = new('x', RecordBytes);
        foreach (string topic in (string[])["led-by-ours", "led-by-apache"])
        {
            await cluster.IsInSyncAsync(topic, 1, 1, 2);
            await Kafka.ProduceAsync(bootstrap, topic, Enumerable.Repeat(record, Records));
        }
        await cluster.StartAgainAsync(3);
        await IsCopyingAsync("led-by-ours");
        await IsCopyingAsync("led-by-apache");
        // The tool needs seconds, in which all would be copied where nothing throttled it.
        (await Apache.KafkaAsync("3.9", "configs", ["--bootstrap-server", bootstrap, "--describe", "--entity-type", "brokers", "--entity-name", "2"]))
            .ShouldContain($"{LeaderRate}={BytesPerSecond}");
        IsBehind("led-by-ours");

        await AlterAsync("brokers", "2", "--delete-config", LeaderRate);
        await cluster.IsInSyncAsync("led-by-ours", 1, 1, 2, 3);
        IsBehind("led-by-apache");
        await AlterAsync("brokers", "3", "--delete-config", FollowerRate);
        await cluster.IsInSyncAsync("led-by-apache", 1, 1, 2, 3);
        await cluster.IsSameAsync("led-by-ours", 1);
        await cluster.IsSameAsync("led-by-apache", 1);

        Task AlterAsync(string type, string name, string change, string what) => Apache.KafkaAsync("3.9", "configs",
            ["--bootstrap-server", bootstrap, "--alter", "--entity-type", type, "--entity-name", name, change, what]);

        Task IsCopyingAsync(string topic)
            => Until.HoldsAsync($"broker 3 has copied something of {topic}", Kafka.Patience, () => Copied(topic) > 0);

        void IsBehind(string topic)
        {
            Copied(topic).ShouldBeLessThan(Records * RecordBytes / 2, topic);
            cluster.PartitionsOf(topic)[0].InSyncReplicas.ShouldNotContain(3, topic);
        }

        long Copied(string topic) => Directory.GetFiles(Path.Combine(cluster.FolderOf(3), string.Create(CultureInfo.InvariantCulture, $"{topic}-0")), "*.log")
            .Sum(file => new FileInfo(file).Length);
    }
}
