using System.Diagnostics;
using System.Globalization;
using Game.Cli.Processes;

namespace Faults.Tests.Running;

/// <summary>A published program as a process of its own, its output in a file.</summary>
internal sealed class RunningProgram : IAsyncDisposable
{
    private static readonly TimeSpan StopTimeout = TimeSpan.FromSeconds(20);
    private readonly Process process;

    private RunningProgram(string name, Process process, string logFile)
    {
        Name = name;
        this.process = process;
        LogFile = logFile;
    }

    public string Name { get; }

    public string LogFile { get; }

    public bool HasExited => process.HasExited;

    public int ExitCode => process.ExitCode;

    /// <summary>Memory that only this process uses and no file backs, bytes.</summary>
    public long RssAnonBytes
    {
        get
        {
            string line = File.ReadLines($"/proc/{process.Id}/status").First(line => line.StartsWith("RssAnon:", StringComparison.Ordinal));
            return long.Parse(line.Split((char[])[' ', '\t'], StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture) * 1024;
        }
    }

    /// <param name="before">Shell commands that the process's shell runs first, e.g. to set a limit.</param>
    public static RunningProgram Start(string name, string program, IEnumerable<string> arguments, string logFile, string before = "")
    {
        var start = new ProcessStartInfo("/bin/sh") { UseShellExecute = false };
        foreach (string part in (string[])["-c", $"{before} exec \"$0\" \"$@\" >>\"$PROGRAM_LOG\" 2>&1 </dev/null", Published.PathOf(program), .. arguments])
            start.ArgumentList.Add(part);
        start.Environment["PROGRAM_LOG"] = logFile;
        start.Environment["DOTNET_ROOT"] = Published.DotnetRoot;
        return new RunningProgram(name, Process.Start(start)!, logFile);
    }

    /// <summary>kill -9, and waits until the process is gone.</summary>
    public async Task KillAsync()
    {
        process.Kill();
        await process.WaitForExitAsync(CancellationToken.None);
    }

    /// <summary>SIGTERM; kill -9 where that does not end it.</summary>
    /// <returns>Whether it ended when asked.</returns>
    public async Task<bool> StopAsync()
    {
        if (!process.HasExited)
            Signals.Terminate(process.Id);
        using var patience = new CancellationTokenSource(StopTimeout);
        try
        {
            await process.WaitForExitAsync(patience.Token);
            return true;
        }
        catch (OperationCanceledException)
        {
            await KillAsync();
            return false;
        }
    }

    /// <summary>Fails the test where the process has ended.</summary>
    public void ShouldBeAlive() => process.HasExited.ShouldBeFalse($"the {Name} must be alive; it said last: {LastWords()} (whole log: {LogFile})");

    /// <summary>Its log so far.</summary>
    public string Log()
    {
        using var reader = new StreamReader(new FileStream(LogFile, FileMode.OpenOrCreate, FileAccess.Read, FileShare.ReadWrite));
        return reader.ReadToEnd();
    }

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        process.Dispose();
    }

    private string LastWords() => string.Join(" | ", Log().Split('\n', StringSplitOptions.RemoveEmptyEntries).TakeLast(5));
}
