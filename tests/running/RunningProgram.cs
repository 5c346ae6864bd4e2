using System.Diagnostics;
using System.Text;

namespace Running;

/// <summary>A program in its own process, with its output on both streams. Dispose kills it. Thread-safe.</summary>
public sealed class RunningProgram : IAsyncDisposable
{
    private readonly Process _process;
    private readonly Action<string>? _onOutput;
    private readonly List<string> _lines = [];
    private readonly StringBuilder _output = new();
    private readonly StringBuilder _errors = new();
    private readonly List<(Func<string, bool> Wanted, TaskCompletionSource<string> Found)> _waiting = [];
    private readonly Lock _gate = new();
    private readonly Task _ended; // The process has ended, and both streams have been read to their ends.
    private int _disposed;

    private RunningProgram(ProcessStartInfo start, Action<string>? onOutput)
    {
        _onOutput = onOutput;
        _process = new Process { StartInfo = start };
        _process.OutputDataReceived += (_, line) => TakeOutput(line.Data);
        _process.ErrorDataReceived += (_, line) => Take(line.Data, _errors);
        _process.Start();
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
        _ended = _process.WaitForExitAsync();
    }

    public int Id => _process.Id;

    public bool HasExited => _process.HasExited;

    public int ExitCode => _process.ExitCode;

    /// <summary>Its standard output; complete once <see cref="ExitAsync"/> has returned.</summary>
    public string Output => Text(_output);

    /// <summary>Its standard error.</summary>
    public string Errors => Text(_errors);

    /// <summary>Both streams in the order in which their lines arrived.</summary>
    public string Said
    {
        get
        {
            lock (_gate)
            {
                return string.Join('\n', _lines);
            }
        }
    }

    /// <param name="program">A path, or the name of a program in PATH.</param>
    /// <param name="arguments">The arguments.</param>
    /// <param name="environment">Variables that are added to this process's own.</param>
    /// <param name="workingDirectory">Its working folder; null for this process's own.</param>
    /// <param name="onOutput">Gets each line of its standard output, which is not kept then: for millions of lines. Called on one thread at a time.</param>
    public static RunningProgram Start(string program, IEnumerable<string> arguments, IReadOnlyDictionary<string, string>? environment = null,
        string? workingDirectory = null, Action<string>? onOutput = null)
    {
        ProcessStartInfo start = new(program, arguments)
        {
            UseShellExecute = false,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            RedirectStandardInput = true,
            WorkingDirectory = workingDirectory ?? "",
        };
        foreach ((string name, string value) in environment ?? new Dictionary<string, string>(StringComparer.Ordinal))
        {
            start.Environment[name] = value;
        }
        return new RunningProgram(start, onOutput);
    }

    /// <summary>Writes text to its standard input and closes it.</summary>
    public async Task WriteInputAsync(string text)
    {
        await _process.StandardInput.WriteAsync(text);
        _process.StandardInput.Close();
    }

    /// <summary>The first line that contains the text; waits until the program writes it.</summary>
    /// <exception cref="RunningProgramException">It ended before, or the time is over.</exception>
    public Task<string> LineAsync(string text, TimeSpan timeout)
        => LineAsync(line => line.Contains(text, StringComparison.Ordinal), $"a line with '{text}'", timeout);

    /// <param name="wanted">Whether a line is the wanted one.</param>
    /// <param name="what">The name of the line, for the message if it is not written.</param>
    /// <param name="timeout">How long to wait.</param>
    public async Task<string> LineAsync(Func<string, bool> wanted, string what, TimeSpan timeout)
    {
        TaskCompletionSource<string> found = new(TaskCreationOptions.RunContinuationsAsynchronously);
        lock (_gate)
        {
            if (_lines.Find(line => wanted(line)) is { } there)
            {
                return there;
            }
            _waiting.Add((wanted, found));
        }

        await ((Task)Task.WhenAny(found.Task, _ended)).WaitAsync(timeout).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (found.Task.IsCompleted)
        {
            return await found.Task;
        }
        string why = _ended.IsCompleted ? "before its end" : $"within {timeout.TotalSeconds:F0} s";
        throw new RunningProgramException($"{_process.StartInfo.FileName} did not write {what} {why}. It wrote:\n{Said}");
    }

    public void Send(Signal signal)
    {
        if (!_process.HasExited)
        {
            Signals.Send(_process.Id, signal);
        }
    }

    /// <summary>Waits for its end.</summary>
    /// <returns>The exit code.</returns>
    /// <exception cref="RunningProgramException">It still runs after the time; it is killed then.</exception>
    public async Task<int> ExitAsync(TimeSpan timeout)
    {
        try
        {
            await _ended.WaitAsync(timeout);
            return _process.ExitCode;
        }
        catch (TimeoutException)
        {
            _process.Kill();
            throw new RunningProgramException(
                $"{_process.StartInfo.FileName} {string.Join(' ', _process.StartInfo.ArgumentList)} still ran after {timeout.TotalSeconds:F0} s. It wrote:\n{Said}");
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _disposed, 1) != 0)
        {
            return;
        }
        if (!_process.HasExited)
        {
            _process.Kill();
        }
        await _ended;
        _process.Dispose();
    }

    private void TakeOutput(string? line)
    {
        if (_onOutput is null)
        {
            Take(line, _output);
        }
        else if (line is not null)
        {
            _onOutput(line);
        }
    }

    private void Take(string? line, StringBuilder stream)
    {
        if (line is null)
        {
            return;
        }
        TaskCompletionSource<string>[] found;
        lock (_gate)
        {
            _lines.Add(line);
            stream.Append(line).Append('\n');
            found = [.. _waiting.Where(one => one.Wanted(line)).Select(one => one.Found)];
            _waiting.RemoveAll(one => found.Contains(one.Found));
        }

        foreach (TaskCompletionSource<string> one in found)
        {
            one.TrySetResult(line);
        }
    }

    private string Text(StringBuilder stream)
    {
        lock (_gate)
        {
            return stream.ToString();
        }
    }
}

/// <summary>A program did not do what the test needs; the message has its output.</summary>
public sealed class RunningProgramException(string message) : Exception(message);
