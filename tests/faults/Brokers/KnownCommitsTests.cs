using Confluent.Kafka;
using Confluent.Kafka.Admin;
using Game.Contracts;
using Load;
using Running;

namespace Faults.Tests.Brokers;

/// <summary>The comparison of committed offsets sees each one that is not the one that was committed.</summary>
public sealed class KnownCommitsTests
{
    private const string Topic = "t";
    private const int Partitions = 3;

    [Fact]
    public async Task Offsets_that_are_older_newer_or_gone_are_found()
    {
        using TempFolder folder = new();
        await using BrokerProcess broker = await BrokerProcess.StartAsync(folder["broker"]);
        using IAdminClient admin = new AdminClientBuilder(ClientSettings.Admin(broker.BootstrapServers, "faults")).SetLogHandler((_, _) => { }).Build();
        await admin.CreateTopicsAsync([new TopicSpecification { Name = Topic, NumPartitions = Partitions, ReplicationFactor = 1 }]);
        KnownCommits first = new(broker.BootstrapServers, Topic, Partitions), second = new(broker.BootstrapServers, Topic, Partitions);
        await Assert.ThrowsAsync<ShouldAssertException>(first.ShouldBeThereAsync);
        await first.CommitAsync();
        await first.ShouldBeThereAsync();

        // The second one's first offsets are the first one's, its next ones are newer.
        await second.CommitAsync();
        await first.ShouldBeThereAsync();
        await second.CommitAsync();
        await Assert.ThrowsAsync<ShouldAssertException>(first.ShouldBeThereAsync);
        await second.ShouldBeThereAsync();
        await first.CommitAsync();
        await first.CommitAsync();
        await Assert.ThrowsAsync<ShouldAssertException>(second.ShouldBeThereAsync);
    }
}
