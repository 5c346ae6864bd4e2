namespace Terminal.Tests;

public sealed class BenchTests : IAsyncDisposable
{
    private readonly GameFolder _home = new();

    public ValueTask DisposeAsync() => _home.DisposeAsync();

    [Fact]
    public async Task A_small_bench_ends_with_its_table()
    {
        Assert.SkipWhen(Terminal.Absent is not null, Terminal.Absent ?? "");
        await using Terminal terminal = await Terminal.OpenAsync(_home, 80, 24,
            "./game bench broker --rounds 1 --seconds 0.5 --warm-up 0.6 --rate 200 --idle-partitions 50");
        (await terminal.ExitCodeAsync()).ShouldBe(0, await terminal.WholeAsync());
        (await terminal.WholeAsync()).ShouldContain("latency p99 ms");
        (await terminal.WholeAsync()).ShouldContain("50 partitions idle");
        (await terminal.WrappedAsync()).ShouldBeEmpty();
        _home.Running.ShouldBeEmpty();
    }

    [Fact]
    public async Task A_small_bench_of_a_cluster_kills_a_leader_and_ends_with_its_table()
    {
        SkipWithoutCluster();
        await ShowsAsync("--kills 1", "latency p50 ms at 100/s", "peak RssAnon MB, all brokers", "leader killed to first write s, maximum");
    }

    [Fact]
    public async Task A_bench_of_partitions_creates_them_and_kills_brokers()
    {
        Assert.SkipUnless(Environment.GetEnvironmentVariable("GAME_NIGHTLY") == "1", "Only in ./game test --nightly.");
        SkipWithoutCluster();
        await ShowsAsync("--kills 0 --partitions 6", "6 partitions, RF 1: created s", "RF 1: start to all in sync s", "RF 3: controller killed to all led s");
    }

    [Fact]
    public async Task Ctrl_C_ends_a_cluster_that_is_measured_and_removes_its_folder()
    {
        SkipWithoutCluster();
        await using Terminal terminal = await Terminal.OpenAsync(_home, 80, 24, "./game bench cluster --warm-up 300");
        await Until.HoldsAsync("the brokers run", TimeSpan.FromMinutes(1), () => _home.Running.Count > 4);
        await terminal.TypeAsync("", "C-c");
        (await terminal.ExitCodeAsync()).ShouldBe(130, await terminal.WholeAsync());
        HasEnded();
    }

    private async Task ShowsAsync(string options, params string[] lines)
    {
        await using Terminal terminal = await Terminal.OpenAsync(_home, 80, 24,
            "./game bench cluster --rounds 1 --seconds 0.5 --warm-up 0.6 --rate 50 --busy-rate 100 --session-timeout 2 " + options);
        (await terminal.ExitCodeAsync()).ShouldBe(0, await terminal.WholeAsync());
        string whole = await terminal.WholeAsync();
        lines.ShouldAllBe(line => whole.Contains(line, StringComparison.Ordinal), whole);
        (await terminal.WrappedAsync()).ShouldBeEmpty();
        HasEnded();
    }

    private static void SkipWithoutCluster()
    {
        Assert.SkipWhen(Terminal.Absent is not null, Terminal.Absent ?? "");
        Assert.SkipWhen(ZooKeeperServer.AbsentWithClient is not null, ZooKeeperServer.AbsentWithClient ?? "");
        Assert.SkipUnless(ZooKeeperServer.IsDebians, "./game bench cluster needs Debian's ZooKeeper: apt-get install zookeeper.");
    }

    private void HasEnded()
    {
        _home.Running.ShouldBeEmpty();
        Directory.Exists(Path.Combine(_home.Path, ".game", "bench")).ShouldBeFalse();
    }
}
