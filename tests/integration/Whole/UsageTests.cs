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
    [InlineData("backtest", "--worlds")]
    [InlineData("backtest", "--players")]
    [InlineData("backtest", "--days")]
    [InlineData("backtest", "--scenario")]
    [InlineData("label", "--bootstrap-server", "rule/version/0/0 fraud")]
    [InlineData("bench path", "--rate")]
    [InlineData("bench broker", "--rounds")]
    [InlineData("bench broker", "--pid")]
    [InlineData("bench broker", "--peer")]
    [InlineData("bench cluster", "--rounds")]
    [InlineData("bench cluster", "--peer")]
    [InlineData("bench cluster", "--session-timeout")]
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

    [Theory]
    [InlineData("demo --cluster --bootstrap-server 127.0.0.1:9092", "cannot be used with --bootstrap-server")]
    [InlineData("up --bootstrap-server 127.0.0.1:9092 --cluster", "cannot be used with --bootstrap-server")]
    [InlineData("demo --cluster --seconds 5", "--no-kill")]
    public async Task Options_that_do_not_go_together_are_an_error_of_one_line(string command, string sentence)
    {
        CommandResult result = await Command.RunAsync(Programs.PathOf("game-cli"), command.Split(' '), Programs.Environment(_home.Path));
        result.ExitCode.ShouldBe(2, result.Said);
        result.Errors.ShouldContain(sentence);
        result.Errors.TrimEnd('\n').ShouldNotContain('\n');
        Directory.Exists(_home[".game"]).ShouldBeFalse();
    }

    [Fact]
    public async Task A_cluster_without_ZooKeeper_s_packages_is_refused_in_one_sentence_that_names_them()
    {
        // An empty folder as the PATH: no Java is there.
        Dictionary<string, string> environment = new(Programs.Environment(_home.Path), StringComparer.Ordinal) { ["PATH"] = _home.Path };
        foreach (string verb in (string[])["demo", "up"])
        {
            CommandResult result = await Command.RunAsync(Programs.PathOf("game-cli"), [verb, "--cluster"], environment);
            result.ExitCode.ShouldBe(1, result.Said);
            result.Errors.ShouldMatch("^game: A cluster needs ZooKeeper, .* apt-get install [a-z0-9 -]*default-jre-headless\\.\n$");
        }

        Directory.GetDirectories(_home[".game"]).ShouldBeEmpty();
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
