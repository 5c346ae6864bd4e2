using System.Diagnostics;

namespace Game.Cli.Processes;

/// <summary>
/// A program of the system in a process of its own: in its own session, so that a Ctrl-C reaches only the one who started it and stops things in order, and
/// with its output in a file, so that it can outlive its starter.
/// </summary>
internal sealed class ChildProcess : IDisposable
{
    private static readonly TimeSpan StopTimeout = TimeSpan.FromSeconds(15);
    private readonly Process _process;

    private ChildProcess(string name, string program, Process process, string logFile)
    {
        Name = name;
        Program = program;
        _process = process;
        LogFile = logFile;
    }

    public string Name { get; }

    /// <summary>Path of the program.</summary>
    public string Program { get; }

    public string LogFile { get; }

    public int Id => _process.Id;

    public bool HasExited => _process.HasExited;

    /// <summary>Starts a published program.</summary>
    /// <param name="name">What it is in the system.</param>
    /// <param name="program">Its folder and file name.</param>
    /// <param name="arguments">Its arguments.</param>
    /// <param name="logFile">Takes its output.</param>
    /// <param name="gives">
    /// Whether it gives way to the others where the machine's processors are short: its nice value is raised, and that of its session too, as Linux shares the
    /// processors between sessions first (sched(7), autogroup).
    /// </param>
    /// <exception cref="UserErrorException">The program is not there.</exception>
    public static ChildProcess Start(string name, string program, IEnumerable<string> arguments, string logFile, bool gives = false)
    {
        string path = Path.Combine(SystemFolder.Programs, program, program);
        if (!File.Exists(path))
        {
            throw new UserErrorException($"The program {program} is not published: call it through ./game.");
        }
        ProcessStartInfo start = new("/bin/sh") { UseShellExecute = false };
        string session = File.Exists("/usr/bin/setsid") ? "exec setsid" : "exec";
        string yielding = gives ? "{ echo 19 >/proc/self/autogroup; } 2>/dev/null; exec nice -n 19" : "exec";
        foreach (string part in (string[])["-c", $"{session} /bin/sh -c '{yielding} \"$0\" \"$@\"' \"$0\" \"$@\" >>\"$GAME_LOG\" 2>&1 </dev/null", path,
            .. arguments])
        {
            start.ArgumentList.Add(part);
        }
        start.Environment["GAME_LOG"] = logFile;
        return new ChildProcess(name, path, Process.Start(start)!, logFile);
    }

    /// <summary>Ends the process at once, as a power cut would.</summary>
    public void Kill()
    {
        if (!_process.HasExited)
        {
            _process.Kill();
        }
    }

    /// <summary>Asks the process to end (SIGTERM), and kills it when it does not within 15 s.</summary>
    public async Task StopAsync()
    {
        if (!_process.HasExited)
        {
            Signals.Terminate(_process.Id);
        }
        using CancellationTokenSource patience = new(StopTimeout);
        try
        {
            await _process.WaitForExitAsync(patience.Token);
        }
        catch (OperationCanceledException)
        {
            Kill();
            await _process.WaitForExitAsync(CancellationToken.None);
        }
    }

    /// <summary>The last line the process wrote that says anything.</summary>
    public string LastWords()
    {
        string[] lines = File.Exists(LogFile) ? File.ReadAllLines(LogFile) : [];
        return lines.LastOrDefault(line => !string.IsNullOrWhiteSpace(line))?.Trim() ?? "it said nothing";
    }

    public void Dispose() => _process.Dispose();
}
