using System.Diagnostics;

namespace Broker.Simulation.Tests;

/// <summary>A second process of these tests: its strings have other hashes, and its objects other addresses.</summary>
internal static class OtherProcess
{
    /// <summary>The environment variable that tells the second process where to write its trace.</summary>
    public const string TraceFile = "GAME_TRACE_FILE";

    /// <summary>Runs one test in a process of its own and returns the trace that it writes.</summary>
    public static async Task<string> TraceOf(string test)
    {
        DirectoryInfo folder = Directory.CreateTempSubdirectory("simulation-");
        try
        {
            string file = Path.Combine(folder.FullName, "trace");
            using Process process = Process.Start(Command(test, file)) ?? throw new InvalidOperationException("the second process does not start");
            string output = await process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
            await process.WaitForExitAsync(TestContext.Current.CancellationToken);
            process.ExitCode.ShouldBe(0, output);
            return await File.ReadAllTextAsync(file, TestContext.Current.CancellationToken);
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    private static ProcessStartInfo Command(string test, string file)
    {
        // The tests run as a program of their own or as an assembly that dotnet is given.
        string program = Environment.ProcessPath!;
        bool isHost = Path.GetFileNameWithoutExtension(program) == "dotnet";
        string[] assembly = isHost ? [typeof(OtherProcess).Assembly.Location] : [];
        return new ProcessStartInfo(program, [.. assembly, "--no-ansi", "--filter-method", test])
        {
            RedirectStandardOutput = true, UseShellExecute = false, Environment = { [TraceFile] = file },
        };
    }
}
