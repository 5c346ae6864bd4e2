namespace Integration.Tests.Whole;

/// <summary>Any error that ends a program is reported in one sentence: here, that its standard output cannot be written.</summary>
public sealed class LastWordsTests : IDisposable
{
    private readonly TempFolder _home = new();

    public void Dispose() => _home.Dispose();

    [Theory]
    [InlineData("broker", "--help")]
    [InlineData("game-server", "--help")]
    [InlineData("detector", "--help")]
    [InlineData("detector", "--print-rules")]
    [InlineData("hdfs-sink", "--help")]
    [InlineData("local-webhdfs", "--help")]
    [InlineData("game-cli", "--help")]
    [InlineData("game-cli", "status")]
    public async Task A_full_disk_is_reported_without_a_stack_trace(string program, string argument)
    {
        CommandResult result = await Command.RunAsync("sh", ["-c", $"'{Programs.PathOf(program)}' {argument} >/dev/full"], Programs.Environment(_home.Path));
        result.ExitCode.ShouldBe(1, result.Said);
        result.Errors.TrimEnd('\n').ShouldNotContain('\n');
        result.Errors.ShouldContain("No space left on device");
    }
}
