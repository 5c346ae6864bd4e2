namespace Terminal.Tests;

/// <summary>Ctrl-C, or closing the window, at several moments: all started processes end, and the terminal is restored.</summary>
public sealed class InterruptTests : IAsyncDisposable
{
    /// <summary>A demo whose history takes long enough to be interrupted.</summary>
    private const string LongDemo = "./game demo --seconds 300 --players 9000 --rate 20";
    private readonly GameFolder _home = new();

    public ValueTask DisposeAsync() => _home.DisposeAsync();

    [Theory]
    [InlineData("./game demo --seconds 300 --players 60 --rate 20", "starting broker")]
    [InlineData(LongDemo, "loading history")]
    [InlineData("./game up", "starting detectors")]
    [InlineData("./game bench broker --rounds 1 --seconds 300 --warm-up 1", "warming up")]
    public async Task Ctrl_C_ends_it_and_the_processes_that_it_started(string command, string moment)
    {
        Assert.SkipWhen(Terminal.Absent is not null, Terminal.Absent ?? "");
        await using Terminal terminal = await Terminal.OpenAsync(_home, 80, 24, command);
        await terminal.ShowsAsync(moment);
        await terminal.TypeAsync("", "C-c");
        int code = await terminal.ExitCodeAsync();
        string whole = await terminal.WholeAsync();
        code.ShouldBe(130, whole);
        whole.ShouldNotContain("   at ");
        (await terminal.IsAsBeforeAsync()).ShouldBeTrue();
        _home.Running.ShouldBeEmpty();
    }

    [Theory]
    [InlineData(LongDemo, "loading history")]
    [InlineData("./game bench broker --rounds 1 --seconds 300 --warm-up 1", "warming up")]
    public async Task A_closed_window_ends_it_and_the_processes_that_it_started(string command, string moment)
    {
        Assert.SkipWhen(Terminal.Absent is not null, Terminal.Absent ?? "");
        await using Terminal terminal = await Terminal.OpenAsync(_home, 80, 24, command);
        await terminal.ShowsAsync(moment);
        _home.Running.Count.ShouldBeGreaterThan(1);
        await terminal.CloseAsync();
        await Until.HoldsAsync("nothing runs any more", TimeSpan.FromMinutes(1), () => _home.Running.Count == 0);
        (await _home.GameAsync("status")).ExitCode.ShouldBe(3);
    }
}
