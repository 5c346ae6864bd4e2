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
    public async Task A_single_broker_becomes_one_on_ZooKeeper_and_loses_nothing()
    {
        Assert.SkipWhen(ZooKeeperServer.AbsentWithClient is not null, ZooKeeperServer.AbsentWithClient ?? "");
        string tree = _folder["tree.jsonl"];
        await using (BrokerProcess alone = await BrokerProcess.StartAsync(_folder["data"]))
        {
            using IAdminClient admin = Kafka.Admin(alone.BootstrapServers);
            await admin.CreateTopicAsync("kept", 3, ("retention.ms", "-1"), ("segment.bytes", "1000000"));
            await Kafka.ProduceNumbersAsync(alone.BootstrapServers, "kept", 100);
            using IConsumer<string, string> consumer = Kafka.Consumer(alone.BootstrapServers, "readers");
            consumer.Subscribe("kept");
            consumer.Take(100);
            consumer.Commit();
            (await ExchangeAsync("export", tree, "--from", _folder["data"])).ExitCode.ShouldBe(1, "its broker runs");
            await alone.StopAsync();
        }
        await using ZooKeeperServer zooKeeper = await ZooKeeperServer.StartAsync(_folder);
        string place = $"{zooKeeper.Address}/cluster";
        (await ExchangeAsync("export", tree, "--from", _folder["data"])).ExitCode.ShouldBe(0);
        (await ExchangeAsync("import", tree, "--to", place)).ExitCode.ShouldBe(0);
        (await ExchangeAsync("import", tree, "--to", place)).Errors.ShouldContain("already holds znodes");
        (await ExchangeAsync("export", _folder["again.jsonl"], "--from", place)).ExitCode.ShouldBe(0);
        (await File.ReadAllLinesAsync(_folder["again.jsonl"], TestContext.Current.CancellationToken)).ShouldBe(
            await File.ReadAllLinesAsync(tree, TestContext.Current.CancellationToken));

        await using BrokerProcess member = await BrokerProcess.StartAsync(_folder["data"], $"zookeeper.connect={place}");
        (await ExchangeAsync("export", _folder["third.jsonl"], "--from", place)).Errors.ShouldContain("brokers are registered");
        using IAdminClient after = Kafka.Admin(member.BootstrapServers);
        Dictionary<string, ConfigEntryResult> settings = (await after.DescribeConfigsAsync(
            [new ConfigResource { Type = ResourceType.Topic, Name = "kept" }]))[0].Entries;
        (settings["retention.ms"].Value, settings["segment.bytes"].Value).ShouldBe(("-1", "1000000"));
        (await after.ListConsumerGroupOffsetsAsync([new ConsumerGroupTopicPartitions("readers", null)]))[0].Partitions.Sum(p => p.Offset.Value).ShouldBe(100);
        await Kafka.ProduceNumbersAsync(member.BootstrapServers, "kept", 10, first: 100);
        using IConsumer<string, string> reader = Kafka.Consumer(member.BootstrapServers, "others");
        reader.Subscribe("kept");
        reader.Take(110).Select(record => record.Message.Value).Order(StringComparer.Ordinal).ShouldBe(
            Enumerable.Range(0, 110).Select(i => $"{i}").Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task The_script_starts_a_ZooKeeper_that_a_broker_can_use()
    {
        Assert.SkipWhen(ZooKeeperServer.AbsentWithClient is not null, ZooKeeperServer.AbsentWithClient ?? "");
        Assert.SkipUnless(ZooKeeperServer.IsDebians, "Debian's ZooKeeper is not here: apt-get install zookeeper.");
        int port = FreePorts.Take();
        await using RunningProgram zooKeeper = RunningProgram.Start(Path.Combine(Repository.Root, "game"),
            ["zookeeper", "--port", $"{port}", "--data", _folder["zookeeper"]]);
        await zooKeeper.LineAsync("binding to port", Kafka.Patience);
        await using BrokerProcess broker = await BrokerProcess.StartAsync(_folder["data"], $"zookeeper.connect=127.0.0.1:{port}");
        broker.Log.ShouldContain("Broker 0 is the controller");
        zooKeeper.Send(Signal.Terminate);
        await zooKeeper.ExitAsync(Kafka.Patience);
    }

    private static Task<CommandResult> ExchangeAsync(params string[] arguments)
        => Command.RunAsync(Programs.PathOf("broker"), ["znodes", .. arguments], Programs.Environment(Repository.Root), timeout: Kafka.Patience);

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
