namespace Terminal.Tests;

public sealed class HelpTests : IAsyncDisposable
{
    private static readonly string[] Verbs = ["", "demo", "up", "down", "status", "simulate", "query", "shell", "bench", "bench broker", "bench cluster",
        "bench detector", "bench path"];
    private readonly GameFolder _home = new();

    public ValueTask DisposeAsync() => _home.DisposeAsync();

    [Fact]
    public async Task Help_shows_commands_that_can_be_typed_and_fits_80_columns()
    {
        Assert.SkipWhen(Terminal.Absent is not null, Terminal.Absent ?? "");
        await using Terminal terminal = await Terminal.OpenAsync(_home, 80, 24, string.Join("; ", Verbs.Select(verb => $"./game {verb} --help")));
        (await terminal.ExitCodeAsync()).ShouldBe(0);
        string whole = await terminal.WholeAsync();
        foreach (string verb in Verbs)
        {
            whole.ShouldContain($"  ./game{(verb.Length > 0 ? " " : "")}{verb} ");
        }

        whole.ShouldNotContain("game-cli");
        (await terminal.WrappedAsync()).ShouldBeEmpty();
    }

    [Theory]
    [InlineData("./game status", 3, "./game up")]
    [InlineData("./game upp", 2, "./game --help")]
    [InlineData("./game bench brokr", 2, "./game bench --help")]
    [InlineData("./game simulate", 1, "./game up")]
    public async Task A_command_that_cannot_run_names_one_that_can(string command, int code, string advice)
    {
        Assert.SkipWhen(Terminal.Absent is not null, Terminal.Absent ?? "");
        await using Terminal terminal = await Terminal.OpenAsync(_home, 80, 24, command);
        (await terminal.ExitCodeAsync()).ShouldBe(code);
        (await terminal.WholeAsync()).ShouldContain(advice);
    }
}
