using Broker.Server.Config;

namespace Broker.Server.Tests.Config;

public sealed class BrokerConfigLoadTests : IDisposable
{
    private readonly string _file = Path.Combine(Path.GetTempPath(), $"broker-{Guid.NewGuid():N}.properties");

    public void Dispose() => File.Delete(_file);

    [Fact]
    public void Without_a_file_the_broker_runs_on_one_machine_and_says_how()
    {
        LoadedConfig loaded = Load(["--data", "/tmp/some-data"]);
        loaded.Config.Listeners[0].Host.ShouldBe("127.0.0.1");
        loaded.Config.LogDirs.ShouldBe(["/tmp/some-data"]);
        loaded.Config.OffsetsTopicReplicationFactor.ShouldBe((short)1);
        loaded.OwnDefaults.Select(d => d.Key).ShouldContain("listeners");
        loaded.OwnDefaults.Select(d => d.Key).ShouldNotContain("log.dirs");
    }

    [Fact]
    public void With_a_file_the_file_and_Kafkas_defaults_hold()
    {
        File.WriteAllText(_file, "broker.id=3\nlog.dirs=/data\nfoo.bar=1\n");
        LoadedConfig loaded = Load([_file]);
        (loaded.Config.BrokerId, loaded.Config.OffsetsTopicReplicationFactor).ShouldBe((3, (short)3));
        loaded.OwnDefaults.ShouldBeEmpty();
        loaded.Warnings.ShouldHaveSingleItem().ShouldContain("foo.bar");
    }

    [Fact]
    public void The_command_line_wins_over_the_environment_and_that_over_the_file()
    {
        File.WriteAllText(_file, "num.partitions=1\nlog.retention.ms=1\nbroker.rack=a\n");
        LoadedConfig loaded = Load([_file, "--override", "num.partitions=3"], ("KAFKA_NUM_PARTITIONS", "2"), ("KAFKA_LOG_RETENTION_MS", "2"),
            ("KAFKA_HEAP_OPTS", "-Xmx1g"), ("PATH", "/bin"));
        (loaded.Config.NumPartitions, loaded.Config.Long("log.retention.ms"), loaded.Config.Rack).ShouldBe((3, 2L, "a"));
        loaded.Warnings.ShouldBeEmpty();
    }

    [Theory]
    [InlineData("--nonsense")]
    [InlineData("--override")]
    [InlineData("--override", "novalue")]
    [InlineData("a", "b")]
    public void A_command_line_that_makes_no_sense_is_refused_with_exit_code_2(params string[] arguments)
    {
        Should.Throw<ConfigException>(() => BrokerCommandLine.Parse(arguments)).Message.ShouldEndWith("; see broker --help.");
        typeof(BrokerCommandLine).Assembly.EntryPoint!.Invoke(null, [arguments]).ShouldBe(2);
    }

    [Fact]
    public void A_file_that_is_not_there_is_named()
    => Should.Throw<ConfigException>(() => Load(["/nowhere/server.properties"])).Message.ShouldContain("/nowhere/server.properties");

    private static LoadedConfig Load(string[] arguments, params (string Name, string Value)[] environment) =>
        BrokerConfigLoad.Load(BrokerCommandLine.Parse(arguments), environment.Select(e => new KeyValuePair<string, string>(e.Name, e.Value)));
}
