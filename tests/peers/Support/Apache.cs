namespace Peers.Tests.Support;

/// <summary>Apache Kafka's own command-line tools.</summary>
internal static class Apache
{
    public static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    /// <summary>Runs a tool and fails the case when the tool fails.</summary>
    /// <param name="version">"3.9" or "4.2".</param>
    /// <param name="tool">Its name in the launcher, or a Java class.</param>
    /// <param name="arguments">The tool's arguments.</param>
    /// <param name="input">Its standard input.</param>
    /// <returns>Its standard output.</returns>
    public static async Task<string> KafkaAsync(string version, string tool, string[] arguments, string? input = null)
    {
        CommandResult result = await RunAsync(version, tool, arguments, input);
        result.ExitCode.ShouldBe(0, $"{tool} {string.Join(' ', arguments)}: {result.Said}");
        return result.Output;
    }

    /// <summary>The same for a tool that must fail.</summary>
    public static Task<CommandResult> RunAsync(string version, string tool, string[] arguments, string? input = null)
        => Command.RunAsync(Running.Peers.Launcher("kafka"), ["-v", version, tool, .. arguments], input: input, timeout: Patience);

    /// <summary>Apache Parquet's command-line reader.</summary>
    public static async Task<string> ParquetAsync(params string[] arguments)
    {
        CommandResult result = await Command.RunAsync(Running.Peers.Launcher("hdfs-cluster"), ["parquet", .. arguments], timeout: Patience);
        result.ExitCode.ShouldBe(0, result.Said);
        return result.Output;
    }
}
