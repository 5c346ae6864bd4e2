using Confluent.Kafka;
using Confluent.Kafka.Admin;

namespace Integration.Tests.Whole;

/// <summary>A system that is stopped and started again has its data.</summary>
public sealed class UpTests : IAsyncLifetime
{
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(2);
    private readonly TempFolder _home = new();

    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    public async ValueTask DisposeAsync()
    {
        await GameAsync("down");
        _home.Dispose();
    }

    [Fact]
    public async Task It_continues_with_its_data_and_begins_empty_only_with_fresh()
    {
        CommandResult up = await GameAsync("up", "--partitions", "3");
        up.ExitCode.ShouldBe(0, up.Said);
        up.Output.ShouldContain("  ./game simulate --seconds 20\n");
        up.Output.ShouldContain("--fresh --history 7");
        string server = up.Lines.Single(line => line.StartsWith("game servers", StringComparison.Ordinal)).Split(' ')[^1];
        string secret = WriteSecret();
        (await GameAsync("simulate", "--target", server, "--credential-file", secret, "--accounts-key-file",
            secret)).Errors.ShouldContain("refuses the credential");
        (await GameAsync("simulate", "--target", server)).ExitCode.ShouldBe(2);
        CommandResult load = await GameAsync("simulate", "--seconds", "3", "--rate", "50", "--players", "50");
        load.ExitCode.ShouldBe(0, load.Said);
        long ends = await EndsAsync(up);
        ends.ShouldBeGreaterThan(100);
        (await GameAsync("down")).Output.ShouldContain("continues with it");

        (await GameAsync("simulate")).Errors.ShouldContain("No system runs here");
        (await GameAsync("up", "--partitions", "4")).Errors.ShouldContain("has 3 partitions");
        (await GameAsync("up", "--history", "7")).Errors.ShouldContain("--fresh --history");
        CommandResult again = await GameAsync("up");
        again.ExitCode.ShouldBe(0, again.Said);
        (await EndsAsync(again)).ShouldBe(ends);
        await GameAsync("down");

        CommandResult fresh = await GameAsync("up", "--fresh");
        fresh.ExitCode.ShouldBe(0, fresh.Said);
        (await EndsAsync(fresh)).ShouldBe(0);
        Directory.GetDirectories(_home[".game"], "up-*").Length.ShouldBe(2);
    }

    [Fact]
    public async Task A_cluster_shows_its_brokers_and_down_ends_them()
    {
        Assert.SkipWhen(ZooKeeperServer.AbsentWithClient is not null, ZooKeeperServer.AbsentWithClient ?? "");
        Assert.SkipUnless(ZooKeeperServer.IsDebians, "./game up --cluster needs Debian's ZooKeeper: apt-get install zookeeper.");
        CommandResult up = await GameAsync("up", "--cluster");
        up.ExitCode.ShouldBe(0, up.Said);
        foreach (string process in (string[])["zookeeper", "broker-1", "broker-2", "broker-3"])
        {
            up.Output.ShouldMatch($"│ {process} +│ [0-9]+ +│ runs │");
        }

        CommandResult status = await GameAsync("status");
        status.ExitCode.ShouldBe(0, status.Said);
        status.Output.ShouldMatch("│ 3 +│ rack-3 │ [1-9][0-9]* +│ ([0-9]+) of \\1 │");
        status.Output.ShouldMatch("cluster +controller [123], [1-9][0-9]* partitions, 0 under-replicated, 0 without leader");
        (await GameAsync("down")).Output.ShouldContain("continues with it");
        ProcessTable.WithEnvironment("GAME_HOME", _home.Path).ShouldBeEmpty();
        (await GameAsync("status")).ExitCode.ShouldBe(3);
    }

    private static async Task<long> EndsAsync(CommandResult up)
    {
        string servers = up.Lines.Single(line => line.StartsWith("bootstrap server", StringComparison.Ordinal)).Split(' ')[^1];
        using IAdminClient admin = new AdminClientBuilder(new AdminClientConfig { BootstrapServers = servers }).Build();
        int partitions = admin.GetMetadata("player-events", TimeSpan.FromSeconds(10)).Topics.Single().Partitions.Count;
        ListOffsetsResult ends = await admin.ListOffsetsAsync(Enumerable.Range(0, partitions).Select(p => new TopicPartitionOffsetSpec
        {
            TopicPartition = new("player-events", p),
            OffsetSpec = OffsetSpec.Latest(),
        }));
        return ends.ResultInfos.Sum(info => info.TopicPartitionOffsetError.Offset.Value);
    }

    private string WriteSecret()
    {
        File.WriteAllText(_home["wrong"], new string('w', 32));
        return _home["wrong"];
    }

    private Task<CommandResult> GameAsync(params string[] arguments)
        => Command.RunAsync(Programs.PathOf("game-cli"), arguments, Programs.Environment(_home.Path), timeout: Limit);
}
