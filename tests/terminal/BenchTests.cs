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
}
