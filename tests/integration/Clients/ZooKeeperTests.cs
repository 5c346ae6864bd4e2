using Confluent.Kafka;
using Confluent.Kafka.Admin;

namespace Integration.Tests.Clients;

/// <summary>The broker on a real ZooKeeper; the cases skip where ZooKeeper or its C client is not installed.</summary>
public sealed class ZooKeeperTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task A_killed_broker_registers_again_long_before_its_session_times_out()
    {
        Assert.SkipWhen(ZooKeeperServer.AbsentWithClient is not null, ZooKeeperServer.AbsentWithClient ?? "");
        await using ZooKeeperServer zooKeeper = await ZooKeeperServer.StartAsync(_folder);
        await using BrokerProcess broker = await BrokerProcess.StartAsync(_folder["data"],
            $"zookeeper.connect={zooKeeper.Address}/new/path", "zookeeper.session.timeout.ms=60000");
        using (IAdminClient admin = Kafka.Admin(broker.BootstrapServers))
        {
            await admin.CreateTopicsAsync([new TopicSpecification { Name = "kept", NumPartitions = 2, ReplicationFactor = 1 }]);
        }
        File.Exists(Path.Combine(_folder["data"], "coordination.journal")).ShouldBeFalse();

        await broker.KillAsync();
        long start = TimeProvider.System.GetTimestamp();
        await broker.StartAgainAsync();
        TimeProvider.System.GetElapsedTime(start).ShouldBeLessThan(TimeSpan.FromSeconds(30));
        broker.Log.ShouldContain("/brokers/ids/0 is of a killed life of this broker");
        using IAdminClient again = Kafka.Admin(broker.BootstrapServers);
        again.GetMetadata("kept", Kafka.Patience).Topics[0].Partitions.ShouldAllBe(partition => partition.Leader == 0);
    }

    [Fact]
    public async Task A_ZooKeeper_that_does_not_answer_is_one_sentence()
    {
        Assert.SkipWhen(ZooKeeperServer.AbsentWithClient is not null, ZooKeeperServer.AbsentWithClient ?? "");
        int port = FreePorts.Take();
        CommandResult result = await Command.RunAsync(Programs.PathOf("broker"),
            ["--data", _folder["data"], "--override", $"zookeeper.connect=127.0.0.1:{port}", "--override", "zookeeper.connection.timeout.ms=500"],
            Programs.Environment(Repository.Root), timeout: Kafka.Patience);
        result.ExitCode.ShouldBe(1, result.Said);
        result.Errors.Trim().ShouldBe($"broker: zookeeper.connect: ZooKeeper at 127.0.0.1:{port} does not answer within 500 ms.");
    }
}
