using System.Diagnostics;

namespace Game.Cli.Processes;

/// <summary>
/// A program of the system in its own process and its own session, so that Ctrl-C reaches only ./game, which stops the processes in order. Its output goes to a
/// file, so that it can continue to run after ./game has ended.
/// </summary>
internal sealed class ChildProcess : IDisposable
{
    private static readonly TimeSpan StopTimeout = TimeSpan.FromSeconds(15);
    private readonly ProcessStartInfo _start;
    private readonly Lock _gate = new();
    private Process _process;
    private bool _isKilled;

    private ChildProcess(string name, string program, ProcessStartInfo start, string logFile)
    {
        Name = name;
        Program = program;
        LogFile = logFile;
        _start = start;
        _process = Process.Start(start)!;
    }

    public string Name { get; }

    /// <summary>Path of the program.</summary>
    public string Program { get; }

    public string LogFile { get; }

    public int Id
    {
        get
        {
            lock (_gate)
            {
                return _process.Id;
            }
        }
    }

    public bool HasExited
    {
        get
        {
            lock (_gate)
            {
                return _process.HasExited;
            }
        }
    }

    /// <summary>Whether <see cref="Kill"/> has ended it and it has not been started again.</summary>
    public bool IsKilled
    {
        get
        {
            lock (_gate)
            {
                return _isKilled;
            }
        }
    }

    /// <summary>Whether it has ended although nobody killed it.</summary>
    public bool HasFailed
    {
        get
        {
            lock (_gate)
            {
                return !_isKilled && _process.HasExited;
            }
        }
    }

    /// <summary>Whether <see cref="Pause"/> has stopped it and it has not been resumed.</summary>
    public bool IsPaused { get; private set; }

    /// <summary>Starts a published program.</summary>
    /// <param name="name">The name of the process in the system, e.g. "detector-1".</param>
    /// <param name="program">The name of the program's folder and file.</param>
    /// <param name="arguments">The program's arguments.</param>
    /// <param name="logFile">The file that the program's output is appended to.</param>
    /// <param name="lowPriority">
    /// Whether the process gets less CPU time than the others: its nice value is raised, and that of its session too, because Linux first divides the CPU time
    /// between sessions (sched(7), autogroup).
    /// </param>
    /// <exception cref="UserErrorException">The program does not exist.</exception>
    public static ChildProcess Start(string name, string program, IEnumerable<string> arguments, string logFile, bool lowPriority = false)
    {
        string path = Path.Combine(SystemFolder.Programs, program, program);
        if (!File.Exists(path))
        {
            throw new UserErrorException($"The program {program} is not published: call it through ./game.");
        }
        ProcessStartInfo start = new("/bin/sh") { UseShellExecute = false };
        string session = File.Exists("/usr/bin/setsid") ? "exec setsid" : "exec";
        string run = lowPriority ? "{ echo 19 >/proc/self/autogroup; } 2>/dev/null; exec nice -n 19" : "exec";
        foreach (string part in (string[])["-c", $"{session} /bin/sh -c '{run} \"$0\" \"$@\"' \"$0\" \"$@\" >>\"$GAME_LOG\" 2>&1 </dev/null", path,
            .. arguments])
        {
            start.ArgumentList.Add(part);
        }
        start.Environment["GAME_LOG"] = logFile;
        return new ChildProcess(name, path, start, logFile);
    }

    /// <summary>Starts the process again, after it has ended.</summary>
    public void StartAgain()
    {
        lock (_gate)
        {
            _process.Dispose();
            _process = Process.Start(_start)!;
            _isKilled = false;
        }
    }

    /// <summary>Ends the process at once, as a power cut would.</summary>
    public void Kill()
    {
        lock (_gate)
        {
            if (!_process.HasExited)
            {
                _isKilled = true;
                _process.Kill();
            }
        }
    }

    /// <summary>Stops the process from running (SIGSTOP), until <see cref="Resume"/>; its connections stay open.</summary>
    public void Pause()
    {
        IsPaused = true;
        Signals.Pause(Id);
    }

    public void Resume()
    {
        Signals.Continue(Id);
        IsPaused = false;
    }

    public Task WaitForExitAsync(CancellationToken cancellation) => _process.WaitForExitAsync(cancellation);

    /// <summary>Asks the process to end (SIGTERM), and kills it when it does not within 15 s.</summary>
    public async Task StopAsync()
    {
        if (!_process.HasExited)
        {
            Signals.Terminate(_process.Id);
        }
        using CancellationTokenSource timeout = new(StopTimeout);
        try
        {
            await WaitForExitAsync(timeout.Token);
        }
        catch (OperationCanceledException)
        {
            Kill();
            await WaitForExitAsync(CancellationToken.None);
        }
    }

    /// <summary>The last line of the log that is not blank.</summary>
    public string LastLogLine()
    {
        string[] lines = File.Exists(LogFile) ? File.ReadAllLines(LogFile) : [];
        return lines.LastOrDefault(line => !string.IsNullOrWhiteSpace(line))?.Trim() ?? "(none)";
    }

    public void Dispose() => _process.Dispose();
}
