namespace Terminal.Tests;

/// <summary>The demo as its user sees it in a terminal.</summary>
public sealed class DemoTests : IAsyncDisposable
{
    private readonly GameFolder _home = new();

    public ValueTask DisposeAsync() => _home.DisposeAsync();

    [Fact]
    public async Task At_80_by_24_it_shows_its_progress_and_then_its_report()
    {
        Assert.SkipWhen(Terminal.Absent is not null, Terminal.Absent ?? "");
        await using Terminal terminal = await Terminal.OpenAsync(_home, 80, 24, "./game demo --seconds 5 --players 60 --rate 20");
        (await terminal.ShowsAsync("history"))[0].ShouldNotBeEmpty("nothing has scrolled");
        string[] live = await terminal.ShowsAsync("playing live");
        live.Length.ShouldBeLessThanOrEqualTo(24);
        foreach (string part in (string[])["history", "reading", "live play", "events/s", "detector lag", "newest alerts", "what happened"])
        {
            live.ShouldContain(line => line.Contains(part, StringComparison.Ordinal), part);
        }

        live[0].ShouldStartWith("playing live");
        live.Single(line => line.StartsWith("history", StringComparison.Ordinal)).ShouldContain("100 % done");
        live.Single(line => line.StartsWith("live play", StringComparison.Ordinal)).ShouldContain(" %");
        (await terminal.ColoredAsync()).ShouldContain("\e[");
        (await terminal.WrappedAsync()).ShouldBeEmpty();
        await EndsWellAsync(terminal);
        (await terminal.WrappedAsync()).ShouldBeEmpty();
    }

    [Fact]
    public async Task At_160_by_50_and_resized_while_it_runs_it_stays_within_the_window()
    {
        Assert.SkipWhen(Terminal.Absent is not null, Terminal.Absent ?? "");
        await using Terminal terminal = await Terminal.OpenAsync(_home, 160, 50, "./game demo --seconds 5 --players 60 --rate 20 --no-kill");
        string[] wide = await terminal.ShowsAsync("live play");
        wide.Single(line => line.StartsWith("── newest alerts", StringComparison.Ordinal)).Length.ShouldBe(159);
        await terminal.ResizeAsync(60, 16);
        await HasHeadingOfAsync(terminal, 59);
        (await terminal.ScreenAsync()).Length.ShouldBeLessThanOrEqualTo(16);
        (await terminal.WrappedAsync()).ShouldBeEmpty();
        await terminal.ResizeAsync(100, 30);
        await HasHeadingOfAsync(terminal, 99);
        await EndsWellAsync(terminal);
    }

    [Fact]
    public async Task A_cluster_s_demo_shows_its_brokers_and_faults_and_reports_the_fail_overs()
    {
        Assert.SkipUnless(Environment.GetEnvironmentVariable("GAME_NIGHTLY") == "1", "Only in ./game test --nightly.");
        Assert.SkipWhen(Terminal.Absent is not null, Terminal.Absent ?? "");
        Assert.SkipWhen(ZooKeeperServer.AbsentWithClient is not null, ZooKeeperServer.AbsentWithClient ?? "");
        Assert.SkipUnless(ZooKeeperServer.IsDebians, "./game demo --cluster needs Debian's ZooKeeper: apt-get install zookeeper.");
        await using Terminal terminal = await Terminal.OpenAsync(_home, 80, 24, "./game demo --cluster --seconds 15 --players 60 --rate 20");
        string[] killed = await terminal.ShowsAsync("  killed ");
        killed.Length.ShouldBeLessThanOrEqualTo(24);
        killed[0].ShouldStartWith("playing live");
        foreach (string part in (string[])["cluster: controller ", "partitions, ", " under-replicated", "leads ", "in sync ", "rack-3", "newest alerts",
            "what happened", "with SIGKILL; it leads player-events-"])
        {
            killed.ShouldContain(line => line.Contains(part, StringComparison.Ordinal), part);
        }

        await terminal.ShowsAsync("has leader");
        (await terminal.WrappedAsync()).ShouldBeEmpty();
        await EndsWellAsync(terminal);
        string whole = await terminal.WholeAsync();
        whole.ShouldMatch("broker-[123] killed +│ player-events-[0-3] +│ +[0-9.]+ │ +[0-9.]+ │ +[0-9.]+ │");
        (await terminal.WrappedAsync()).ShouldBeEmpty();
    }

    private static async Task HasHeadingOfAsync(Terminal terminal, int width)
    {
        string[] seen = [];
        await Until.HoldsAsync($"the heading of the alerts has {width} cells", TimeSpan.FromSeconds(30), async () =>
        {
            seen = await terminal.ScreenAsync();
            return seen.Any(line => line.StartsWith("── newest alerts", StringComparison.Ordinal) && line.Length == width);
        });
        seen.Count(line => line.Contains("events/s", StringComparison.Ordinal)).ShouldBe(1, "nothing of the picture before is left");
    }

    private async Task EndsWellAsync(Terminal terminal)
    {
        int code = await terminal.ExitCodeAsync();
        string whole = await terminal.WholeAsync();
        code.ShouldBe(0, whole);
        whole.ShouldContain("Report");
        whole.ShouldContain("events of history are in player-events");
        whole.ShouldNotContain("The display stopped");
        whole.ShouldNotContain("   at ");
        string[] left = await terminal.ScreenAsync();
        left.ShouldContain("All audits hold: nothing was lost, doubled or judged otherwise.");
        left.ShouldContain(line => line.Contains("./game query", StringComparison.Ordinal));
        (await terminal.ColoredAsync()).ShouldMatch("\e\\[[0-9;]*(32|10|38;5;2)m[^\n]*All audits hold");
        (await terminal.IsAsBeforeAsync()).ShouldBeTrue();
        _home.Running.ShouldBeEmpty();
    }
}
