using System.Diagnostics;
using Confluent.Kafka;
using Game.Contracts;

namespace Game.Cli.Bench;

/// <summary>One kill of a partition's leader.</summary>
/// <param name="Broker">The id of the killed broker.</param>
/// <param name="WasController">Whether it was the controller too.</param>
/// <param name="FirstWriteMs">From the kill to the first acknowledgement of a record that was sent after it to the partition, milliseconds.</param>
/// <param name="StartMs">From exec of the same broker, started again, to its first answer to a Metadata request, milliseconds.</param>
/// <param name="InSyncMs">From that exec until every broker says that all replicas are in sync, milliseconds.</param>
internal sealed record LeaderKill(int Broker, bool WasController, double FirstWriteMs, double StartMs, double InSyncMs);

/// <summary>
/// Kills leaders with SIGKILL one after the other, and measures how long a producer waits. A third of them are the controller. The killed broker is in sync
/// again before the next is killed.
/// </summary>
internal sealed class LeaderKills(IClusterUnderTest cluster, Action<string> writeLine)
{
    /// <summary>Far more than a session; then something is wrong.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    private readonly BrokerLoad _topics = new(cluster, cluster.Addresses.Count);

    /// <exception cref="UserErrorException">The cluster does not recover from a kill.</exception>
    public async Task<IReadOnlyList<LeaderKill>> RunAsync(int count, CancellationToken cancellation)
    {
        using IProducer<Null, byte[]> producer = new ProducerBuilder<Null, byte[]>(Settings(cluster.BootstrapServers)).SetLogHandler((_, _) => { }).Build();
        List<LeaderKill> kills = [];
        while (kills.Count < count)
        {
            LeaderKill kill = await KillAsync(producer, kills.Count + 1, cancellation);
            kills.Add(kill);
            writeLine($"kill {kills.Count} of {count}, {(kill.WasController ? "controller" : "broker")} {kill.Broker}: first write "
                + $"{kill.FirstWriteMs / 1000:F2} s, in sync {kill.InSyncMs / 1000:F2} s after start");
        }
        return kills;
    }

    /// <summary>
    /// A client that learns of a new leader within some 20 ms. By librdkafka's defaults it would ask only once a second, and wait up to ten seconds before it
    /// connects again to a broker that was away: more than what is to be compared.
    /// </summary>
    internal static ProducerConfig Settings(string bootstrapServers)
    {
        ProducerConfig config = ClientSettings.Producer(bootstrapServers, "bench-kills");
        config.LingerMs = 0;
        config.TopicMetadataRefreshIntervalMs = 20;
        config.TopicMetadataRefreshFastIntervalMs = 20;
        config.MetadataMaxAgeMs = 900_000; // librdkafka's default, which would follow the interval
        config.RetryBackoffMs = 10;
        config.RetryBackoffMaxMs = 20;
        config.ReconnectBackoffMs = 10;
        config.ReconnectBackoffMaxMs = 20;
        config.MessageTimeoutMs = (int)Patience.TotalMilliseconds;
        return config;
    }

    private async Task<LeaderKill> KillAsync(IProducer<Null, byte[]> producer, int number, CancellationToken cancellation)
    {
        // A new topic, of which each broker leads one partition: those that were killed would lead none of an older one.
        string topic = await _topics.CreateTopicAsync($"bench-kill-{number}", cancellation, cluster.Addresses.Count);
        ClusterMetadata metadata = new(cluster, new Dictionary<string, int> { [topic] = cluster.Addresses.Count });
        MetadataAnswer before = await metadata.UntilAsync("all replicas are in sync", metadata.IsWhole, Patience, cancellation);
        bool isController = number % 3 == 1;
        PartitionMetadata victim = before.Topics[topic].First(partition => partition.Leader == before.Controller == isController);
        TopicPartition to = new(topic, victim.Partition);
        await producer.ProduceAsync(to, Record(), cancellation); // the producer is connected to the leader
        long killed = Stopwatch.GetTimestamp();
        cluster.Kill(victim.Leader);
        await producer.ProduceAsync(to, Record(), cancellation);
        double firstWrite = Stopwatch.GetElapsedTime(killed).TotalMilliseconds;
        long started = Stopwatch.GetTimestamp();
        TimeSpan start = await cluster.StartAgainAsync(victim.Leader, cancellation);
        await metadata.UntilAsync("all replicas are in sync again", metadata.IsWhole, Patience, cancellation);
        return new LeaderKill(victim.Leader, isController, firstWrite, start.TotalMilliseconds, Stopwatch.GetElapsedTime(started).TotalMilliseconds);
    }

    private static Message<Null, byte[]> Record() => new() { Value = new byte[BrokerLoad.RecordBytes] };
}
