namespace Peers.Tests.Support;

/// <summary>Apache's tool that prints and checks log files.</summary>
internal static class DumpLog
{
    public static Task<string> RunAsync(params string[] arguments) => Apache.KafkaAsync("3.9", "dump-log", arguments);

    /// <summary>
    /// Every offset and time index passes the tool's check, or has no entry: an active segment's entries are written when it is flushed, rolled or closed.
    /// </summary>
    public static async Task IndexesShouldBeSaneAsync(IReadOnlyCollection<string> indexes)
    {
        string printed = await RunAsync("--index-sanity-check", "--files", string.Join(',', indexes));
        HashSet<string> lines = [.. printed.Split('\n')];
        foreach (string index in indexes)
        {
            (lines.Contains($"{index} passed sanity check.") || lines.Contains($"{index} is empty.")).ShouldBeTrue($"{index}: {printed}");
        }
    }
}
