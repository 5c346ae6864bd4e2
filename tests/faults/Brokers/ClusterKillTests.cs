using Confluent.Kafka;
using Running;

namespace Faults.Tests.Brokers;

/// <summary>Brokers of a cluster are killed, stopped and paused under load; what was acknowledged is then compared with what is there.</summary>
public sealed class ClusterKillTests : IAsyncLifetime
{
    private const string Topic = "orders", Group = "readers";
    private const int Partitions = 6;
    private const int Seed = 20261129;
    private static readonly TimeSpan LoadTimeout = TimeSpan.FromSeconds(90);
    private Cluster _cluster = null!;

    private enum Fault
    {
        KillLeader,
        PauseLeader,
        KillController,
        KillFollower,
        StopInOrder,
    }

    public async ValueTask InitializeAsync()
    {
        Assert.SkipWhen(ZooKeeperServer.AbsentWithClient is not null, ZooKeeperServer.AbsentWithClient ?? "");
        _cluster = await Cluster.StartAsync();
    }

    public async ValueTask DisposeAsync()
    {
        if (_cluster is not null)
        {
            Vital.TellIfFailed("the brokers", _cluster.Log);
            await _cluster.DisposeAsync();
        }
    }

    [Fact]
    public async Task Nothing_acknowledged_is_lost_doubled_or_out_of_order()
    {
        Random random = new(Seed);
        await _cluster.CreateTopicAsync(Topic, Partitions);
        NumberedProducer[] producers =
        [
            new(_cluster.BootstrapServers, "plain-1", Topic, Partitions, CompressionType.None),
            new(_cluster.BootstrapServers, "lz4-2", Topic, Partitions, CompressionType.Lz4),
        ];
        using CommittingReader reader = new(_cluster.BootstrapServers, Group, Topic);
        try
        {
            for (int round = 0; round < Rounds.Of(smoke: 2); round++)
            {
                await LoadAsync(producers, random.Next(2_000, 10_000));
                await Until.HoldsAsync("the group's commits", LoadTimeout, () => reader.Committed().Count > 0);
                Dictionary<TopicPartition, long> committed = reader.Committed();
                await DoAsync((Fault)(round % Enum.GetValues<Fault>().Length), random.Next(Partitions), producers);
                await _cluster.IsWholeAsync(Topic);
                CommitsSurvived(committed);
            }

            await LoadAsync(producers, 2_000);
            await Task.WhenAll(producers.Select(producer => producer.FinishAsync()));
            LogCheck.HoldsExactly(_cluster.BootstrapServers, Topic, Partitions, producers);
            await reader.SeenAsync(Enumerable.Range(0, Partitions).ToDictionary(p => new TopicPartition(Topic, p),
                p => (long)producers.Sum(producer => producer.SentTo(p))));
        }
        finally
        {
            foreach (NumberedProducer producer in producers)
            {
                producer.Dispose();
            }
        }
    }

    /// <summary>One fault, with load before the broker returns: the others must go on without it.</summary>
    private async Task DoAsync(Fault fault, int partition, NumberedProducer[] producers)
    {
        int leader = _cluster.LeaderOf(Topic, partition);
        int target = fault switch
        {
            Fault.KillController => await _cluster.ControllerAsync(),
            Fault.KillFollower => (leader % Cluster.Size) + 1,
            _ => leader,
        };
        BrokerProcess broker = _cluster[target];
        switch (fault)
        {
            case Fault.PauseLeader:
                Signals.Send(broker.ProcessId, Signal.Stop);
                await LoadAsync(producers, 2_000);
                Signals.Send(broker.ProcessId, Signal.Continue);
                break;
            case Fault.StopInOrder:
                (await broker.StopAsync()).ShouldBe(0);
                await LoadAsync(producers, 2_000);
                await broker.StartAgainAsync();
                break;
            default:
                await broker.KillAsync();
                await LoadAsync(producers, 2_000);
                await broker.StartAgainAsync();
                break;
        }
    }

    // Waits until each producer has sent some more records: with all partitions in turn, so that every leader is there again.
    private static Task LoadAsync(NumberedProducer[] producers, int further)
    {
        long[] goals = [.. producers.Select(producer => producer.Count + further / producers.Length)];
        return Until.HoldsAsync($"{further} more acknowledgements", LoadTimeout, () => producers.Zip(goals).All(pair => pair.First.Count >= pair.Second));
    }

    // By a consumer: librdkafka's admin client does not survive a coordinator that moves while it asks for a group's offsets.
    private void CommitsSurvived(Dictionary<TopicPartition, long> committed)
    {
        using IConsumer<Ignore, Ignore> consumer = new ConsumerBuilder<Ignore, Ignore>(new ConsumerConfig
        {
            BootstrapServers = _cluster.BootstrapServers, GroupId = Group,
        }).SetLogHandler((_, _) => { }).Build();
        foreach (TopicPartitionOffset found in consumer.Committed(committed.Keys, LoadTimeout))
        {
            found.Offset.Value.ShouldBeGreaterThanOrEqualTo(committed[found.TopicPartition], $"the group's offset of {found.TopicPartition}");
        }
    }
}
