using System.Diagnostics;

namespace Broker.Storage.Tests.Peers;

/// <summary>Apache Kafka's own programs, where this machine has them and Java.</summary>
internal static class ApachePeer
{
    /// <summary>Its launcher; null where there is none.</summary>
    public static string? Launcher()
    {
        string? folder = Environment.GetEnvironmentVariable("PEERS") ?? BesideRepository();
        string? launcher = folder is null ? null : Path.Combine(folder, "bin", "kafka");
        return File.Exists(launcher) ? launcher : null;
    }

    public static bool HasJava() => (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':').Any(p => File.Exists(Path.Combine(p, "java")));

    public static async Task<string> Run(string launcher, IEnumerable<string> arguments, CancellationToken cancel)
    {
        ProcessStartInfo start = new(launcher, arguments) { RedirectStandardOutput = true, RedirectStandardError = true, UseShellExecute = false };
        using Process process = Process.Start(start)!;
        Task<string> errors = process.StandardError.ReadToEndAsync(cancel);
        string output = await process.StandardOutput.ReadToEndAsync(cancel);
        await process.WaitForExitAsync(cancel);
        process.ExitCode.ShouldBe(0, await errors);
        return output;
    }

    private static string? BesideRepository()
    {
        for (DirectoryInfo? at = new(AppContext.BaseDirectory); at is not null; at = at.Parent)
        {
            if (!File.Exists(Path.Combine(at.FullName, "Game.sln")))
            {
                continue;
            }
            string beside = Path.GetFullPath(Path.Combine(at.FullName, "..", "shared", "peers"));
            return Directory.Exists(beside) ? beside : null;
        }
        return null;
    }
}
