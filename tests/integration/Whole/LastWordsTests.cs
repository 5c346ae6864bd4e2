namespace Integration.Tests.Whole;

/// <summary>Whatever ends a program, its user is told in a sentence: here, that nothing can be written to its standard output.</summary>
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
    public async Task A_full_disk_is_told_without_a_stack_trace(string program, string argument)
    {
        CommandResult result = await Command.RunAsync("sh", ["-c", $"'{Programs.PathOf(program)}' {argument} >/dev/full"], Programs.Environment(_home.Path));
        result.ExitCode.ShouldBe(1, result.Said);
        result.Errors.TrimEnd('\n').ShouldNotContain('\n');
        result.Errors.ShouldContain("No space left on device");
    }
}
