namespace Terminal.Tests;

/// <summary>A system that was started in a terminal, and the next commands that its last lines suggest.</summary>
public sealed class RunningSystem : IAsyncLifetime
{
    internal GameFolder Home { get; } = new();

    /// <summary>The screen after <c>./game up</c>.</summary>
    public string Said { get; private set; } = "";

    /// <summary>Lines of it that are wider than the terminal.</summary>
    public IReadOnlyList<string> Wrapped { get; private set; } = [];

    /// <summary>The commands that it printed.</summary>
    public IReadOnlyList<string> Printed { get; private set; } = [];

    public int ExitCode { get; private set; }

    public async ValueTask InitializeAsync()
    {
        if (Terminal.Absent is not null)
        {
            return;
        }

        await using Terminal terminal = await Terminal.OpenAsync(Home, 80, 24, "./game up --history 2 --players 150");
        ExitCode = await terminal.ExitCodeAsync();
        Said = await terminal.WholeAsync();
        Wrapped = await terminal.WrappedAsync();
        Printed = [.. Said.Split('\n').Select(line => line.Trim()).Where(line => line.StartsWith("./game ", StringComparison.Ordinal))];
        await Until.HoldsAsync("the history has reached HDFS", TimeSpan.FromMinutes(3), async ()
            => (await Home.GameAsync("query", "--csv", "select count(*) > 0 as is_there from player_events")).Output.Contains("true",
            StringComparison.Ordinal));
    }

    public async ValueTask DisposeAsync()
    {
        await Home.GameAsync("down");
        await Home.DisposeAsync();
    }
}

/// <summary>What a running system shows. The cases are in the order of a user: first a load, then queries on its data.</summary>
public sealed class UpTests(RunningSystem system) : IClassFixture<RunningSystem>
{
    [Fact]
    public async Task Each_command_that_up_prints_can_be_typed_and_shows_a_result()
    {
        Assert.SkipWhen(Terminal.Absent is not null, Terminal.Absent ?? "");
        system.ExitCode.ShouldBe(0, system.Said);
        system.Wrapped.ShouldBeEmpty();
        system.Printed.Select(command => command.Split(' ')[1]).ShouldBe(["simulate", "query", "status"]);
        await SimulatesAsync(system.Printed[0]);
        await ShowsAlertsOfStrangeLoginsAsync(system.Printed[1]);
        await using Terminal status = await Terminal.OpenAsync(system.Home, 80, 24, system.Printed[2]);
        (await status.ExitCodeAsync()).ShouldBe(0);
        (await status.WholeAsync()).ShouldContain("game-server-2");
        (await status.WrappedAsync()).ShouldBeEmpty();
    }

    [Fact]
    public async Task Ctrl_C_leaves_the_figures_of_the_load_on_the_screen()
    {
        Assert.SkipWhen(Terminal.Absent is not null, Terminal.Absent ?? "");
        await using Terminal terminal = await Terminal.OpenAsync(system.Home, 80, 24, "./game simulate --players 150 --rate 50 --seconds 300");
        await terminal.ShowsAsync(" s left");
        await terminal.TypeAsync("", "C-c");
        (await terminal.ExitCodeAsync()).ShouldBe(130, await terminal.WholeAsync());
        string whole = await terminal.WholeAsync();
        whole.ShouldContain("interrupted: the figures are of what ran until then");
        whole.ShouldMatch("[1-9][0-9,]* sent = [1-9][0-9,]* answered");
        (await terminal.IsAsBeforeAsync()).ShouldBeTrue();
        (await terminal.WrappedAsync()).ShouldBeEmpty();
    }

    [Fact]
    public async Task A_wide_terminal_gets_wide_tables()
    {
        Assert.SkipWhen(Terminal.Absent is not null, Terminal.Absent ?? "");
        await using Terminal terminal = await Terminal.OpenAsync(system.Home, 160, 50,
            "./game query 'select user_id, ip, country from logins order by all limit 3'");
        (await terminal.ExitCodeAsync()).ShouldBe(0);
        string whole = await terminal.WholeAsync();
        whole.ShouldContain("u-00");
        whole.ShouldContain("3 rows");
        (await terminal.WrappedAsync()).ShouldBeEmpty();
    }

    [Fact]
    public async Task A_shell_runs_typed_statements_and_ends_with_Ctrl_D()
    {
        Assert.SkipWhen(Terminal.Absent is not null, Terminal.Absent ?? "");
        await using Terminal terminal = await Terminal.OpenAsync(system.Home, 80, 24, "./game shell");
        await terminal.ShowsAsync("sql>");
        await terminal.TypeAsync("select 6 * 7 as answer;", "Enter");
        await terminal.ShowsAsync("42");
        await terminal.TypeAsync("selec", "C-c");
        await terminal.TypeAsync("nonsense;", "Enter");
        await terminal.ShowsAsync("syntax error");
        await terminal.TypeAsync("", "C-d");
        (await terminal.ExitCodeAsync()).ShouldBe(0);
        (await terminal.WholeAsync()).ShouldNotContain("   at ");
    }

    private async Task SimulatesAsync(string command)
    {
        await using Terminal terminal = await Terminal.OpenAsync(system.Home, 80, 24, command);
        string[] seen = await terminal.ShowsAsync(" s left");
        foreach (string part in (string[])["asked/s", "achieved/s", "answered", "refused", "ack p50 ms", "load"])
        {
            seen.ShouldContain(line => line.Contains(part, StringComparison.Ordinal), part);
        }

        seen.ShouldNotContain(line => line.Contains("detector", StringComparison.Ordinal), "it knows its own figures only");
        await terminal.ResizeAsync(120, 30);
        (await terminal.ExitCodeAsync()).ShouldBe(0, await terminal.WholeAsync());
        string whole = await terminal.WholeAsync();
        whole.ShouldMatch("[1-9][0-9,]* sent = [1-9][0-9,]* answered");
        (await terminal.IsAsBeforeAsync()).ShouldBeTrue();
    }

    private async Task ShowsAlertsOfStrangeLoginsAsync(string command)
        => await Until.HoldsAsync("alerts of logins from elsewhere are in HDFS", TimeSpan.FromMinutes(1), async () =>
        {
            await using Terminal terminal = await Terminal.OpenAsync(system.Home, 80, 24, command);
            int code = await terminal.ExitCodeAsync(); // 1 until the first alert exists
            (await terminal.WrappedAsync()).ShouldBeEmpty();
            return code == 0 && (await terminal.WholeAsync()).Contains("ip-change", StringComparison.Ordinal);
        });
}
