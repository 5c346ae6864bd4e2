namespace Integration.Tests.Whole;

/// <summary>A value that an option does not accept is an error of one line, before the verb does anything.</summary>
public sealed class UsageTests : IDisposable
{
    private readonly TempFolder _home = new();

    public void Dispose() => _home.Dispose();

    [Theory]
    [InlineData("demo", "--seconds")]
    [InlineData("demo", "--players")]
    [InlineData("demo", "--rate")]
    [InlineData("demo", "--partitions")]
    [InlineData("demo", "--transport")]
    [InlineData("demo", "--bootstrap-server")]
    [InlineData("demo", "--webhdfs")]
    [InlineData("up", "--partitions")]
    [InlineData("up", "--history")]
    [InlineData("simulate", "--credential-file")]
    [InlineData("simulate", "--target", "--credential-file x --accounts-key-file x")]
    [InlineData("simulate", "--players", "--target http://127.0.0.1:1 --credential-file x --accounts-key-file x")]
    [InlineData("query", "--webhdfs", "SQL")]
    [InlineData("query", "--warehouse", "SQL")]
    [InlineData("shell", "--webhdfs")]
    [InlineData("bench path", "--rate")]
    [InlineData("bench broker", "--rounds")]
    [InlineData("bench broker", "--pid")]
    [InlineData("bench broker", "--peer")]
    public async Task A_bad_value_is_an_error_of_one_line(string verb, string option, string others = "")
    {
        foreach (string value in (string[])["abc", "0", "-1", "1e9", ""])
        {
            CommandResult result = await Command.RunAsync(
                Programs.PathOf("game-cli"), [.. verb.Split(' '), .. others.Split(' ', StringSplitOptions.RemoveEmptyEntries), $"{option}={value}"],
                    Programs.Environment(_home.Path));
            result.ExitCode.ShouldBe(2, $"{option}={value}: {result.Said}");
            result.Errors.ShouldStartWith("game: ");
            result.Errors.TrimEnd('\n').ShouldNotContain('\n');
            result.Output.ShouldBeEmpty();
        }

        Directory.Exists(_home[".game"]).ShouldBeFalse();
    }

    [Fact]
    public async Task A_simulation_reports_at_once_why_its_server_cannot_be_used()
    {
        await File.WriteAllTextAsync(_home["secret"], new string('a', 64), TestContext.Current.CancellationToken);
        string[] arguments = ["simulate", "--target", $"http://127.0.0.1:{FreePorts.Take()}", "--credential-file", _home["secret"], "--accounts-key-file",
            _home["secret"]];
        CommandResult result = await Command.RunAsync(Programs.PathOf("game-cli"), arguments, Programs.Environment(_home.Path),
            timeout: TimeSpan.FromSeconds(20));
        result.ExitCode.ShouldBe(1, result.Said);
        result.Errors.ShouldContain("cannot be reached");
    }
}
