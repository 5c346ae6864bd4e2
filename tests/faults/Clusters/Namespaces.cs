using Running;

namespace Faults.Tests.Clusters;

/// <summary>
/// Runs a test of this assembly again in Linux namespaces of its own for network, mounts and processes. Whatever the test makes there, nobody else sees, and
/// all of it ends with the test's process, however that ends.
/// </summary>
internal static class Namespaces
{
    private const string Mark = "GAME_FAULTS_INSIDE";
    private const string Probe = "ip link add probe type bridge && ip link add one type veth peer name two && mount -t tmpfs none /mnt";
    private static readonly string[] Tools = ["unshare", "nsenter", "ip", "mount"];
    private static readonly TimeSpan ProbeTimeout = TimeSpan.FromSeconds(20);

    /// <summary>Whether this process runs in namespaces of its own.</summary>
    public static bool AreOwn => Environment.GetEnvironmentVariable(Mark) == "1";

    /// <summary>Why there can be none here, in one sentence; null where there can.</summary>
    public static async Task<string?> AbsentAsync()
    {
        if (Array.Find(Tools, tool => Command.Find(tool) is null) is { } missing)
        {
            return $"{missing} is not here: apt-get install iproute2 util-linux.";
        }
        CommandResult probe = await Command.RunAsync("unshare", [.. Flags, "sh", "-c", Probe], timeout: ProbeTimeout);
        return probe.ExitCode == 0 ? null : $"this system lets nobody here make namespaces, bridges and mounts ({probe.Errors.Trim().Split('\n')[^1]}).";
    }

    /// <summary>Runs a test there; fails with its output where it fails.</summary>
    /// <param name="test">Its method's name.</param>
    /// <param name="timeout">The time after which it is killed.</param>
    public static async Task RunAsync(string test, TimeSpan timeout)
    {
        Dictionary<string, string> environment = new(Programs.Environment(Repository.Root), StringComparer.Ordinal) { [Mark] = "1" };
        string host = Path.Combine(environment["DOTNET_ROOT"], "dotnet");
        await using RunningProgram running = RunningProgram.Start("unshare",
            [.. Flags, host, typeof(Namespaces).Assembly.Location, "--no-ansi", "--no-progress", "--filter-method", $"*.{test}"], environment);
        (await running.ExitAsync(timeout)).ShouldBe(0, running.Said);
    }

    // Who is not root is root of a user namespace.
    private static string[] Flags { get; } =
    [
        .. Environment.IsPrivilegedProcess ? Array.Empty<string>() : ["--user", "--map-root-user"],
        "--net", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc",
    ];
}
