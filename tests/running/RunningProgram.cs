using System.Diagnostics;
using System.Text;

namespace Running;

/// <summary>
/// A program in a process of its own, with what it says on both streams. Disposing it kills it. From any thread.
/// </summary>
public sealed class RunningProgram : IAsyncDisposable
{
    private readonly Process process;
    private readonly List<string> lines = [];
    private readonly StringBuilder output = new();
    private readonly StringBuilder errors = new();
    private readonly List<(Func<string, bool> Wanted, TaskCompletionSource<string> Found)> waiting = [];
    private readonly Lock gate = new();
    private readonly Task ended; // The process has ended and both streams are read out.
    private int disposed;

    private RunningProgram(ProcessStartInfo start)
    {
        process = new Process { StartInfo = start };
        process.OutputDataReceived += (_, line) => Take(line.Data, output);
        process.ErrorDataReceived += (_, line) => Take(line.Data, errors);
        process.Start();
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        ended = process.WaitForExitAsync();
    }

    public int Id => process.Id;

    public bool HasExited => process.HasExited;

    public int ExitCode => process.ExitCode;

    /// <summary>What it wrote to its standard output; whole once <see cref="ExitAsync"/> has returned.</summary>
    public string Output => Text(output);

    /// <summary>What it wrote to its standard error.</summary>
    public string Errors => Text(errors);

    /// <summary>Both streams in the order in which their lines arrived.</summary>
    public string Said
    {
        get
        {
            lock (gate)
                return string.Join('\n', lines);
        }
    }

    /// <param name="program">A path, or a name that PATH has.</param>
    /// <param name="arguments">As the program shall see them.</param>
    /// <param name="environment">Added to this process's own.</param>
    /// <param name="workingDirectory">Null for this process's own.</param>
    public static RunningProgram Start(string program, IEnumerable<string> arguments, IReadOnlyDictionary<string, string>? environment = null, string? workingDirectory = null)
    {
        var start = new ProcessStartInfo(program, arguments)
        {
            UseShellExecute = false,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            RedirectStandardInput = true,
            WorkingDirectory = workingDirectory ?? "",
        };
        foreach ((string name, string value) in environment ?? new Dictionary<string, string>(StringComparer.Ordinal))
            start.Environment[name] = value;
        return new RunningProgram(start);
    }

    /// <summary>Gives it text to read and ends its input.</summary>
    public async Task WriteInputAsync(string text)
    {
        await process.StandardInput.WriteAsync(text);
        process.StandardInput.Close();
    }

    /// <summary>The first line, from the start or yet to come, that contains the text.</summary>
    /// <exception cref="RunningProgramException">It ended before, or the time is over.</exception>
    public Task<string> LineAsync(string text, TimeSpan timeout) => LineAsync(line => line.Contains(text, StringComparison.Ordinal), $"a line with '{text}'", timeout);

    /// <param name="wanted">Which line.</param>
    /// <param name="what">For the message when it does not come.</param>
    /// <param name="timeout">How long it may take.</param>
    public async Task<string> LineAsync(Func<string, bool> wanted, string what, TimeSpan timeout)
    {
        var found = new TaskCompletionSource<string>(TaskCreationOptions.RunContinuationsAsynchronously);
        lock (gate)
        {
            if (lines.Find(line => wanted(line)) is { } there)
                return there;
            waiting.Add((wanted, found));
        }

        await ((Task)Task.WhenAny(found.Task, ended)).WaitAsync(timeout).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (found.Task.IsCompleted)
            return await found.Task;
        string why = ended.IsCompleted ? "before its end" : $"within {timeout.TotalSeconds:F0} s";
        throw new RunningProgramException($"{process.StartInfo.FileName} did not write {what} {why}. It wrote:\n{Said}");
    }

    public void Send(Signal signal)
    {
        if (!process.HasExited)
            Signals.Send(process.Id, signal);
    }

    /// <summary>Waits for its end.</summary>
    /// <returns>The exit code.</returns>
    /// <exception cref="RunningProgramException">It still runs after the time; it is killed then.</exception>
    public async Task<int> ExitAsync(TimeSpan timeout)
    {
        try
        {
            await ended.WaitAsync(timeout);
            return process.ExitCode;
        }
        catch (TimeoutException)
        {
            process.Kill();
            throw new RunningProgramException($"{process.StartInfo.FileName} {string.Join(' ', process.StartInfo.ArgumentList)} still ran after {timeout.TotalSeconds:F0} s. It wrote:\n{Said}");
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref disposed, 1) != 0)
            return;
        if (!process.HasExited)
            process.Kill();
        await ended;
        process.Dispose();
    }

    private void Take(string? line, StringBuilder stream)
    {
        if (line is null)
            return;
        TaskCompletionSource<string>[] found;
        lock (gate)
        {
            lines.Add(line);
            stream.Append(line).Append('\n');
            found = [.. waiting.Where(one => one.Wanted(line)).Select(one => one.Found)];
            waiting.RemoveAll(one => found.Contains(one.Found));
        }

        foreach (TaskCompletionSource<string> one in found)
            one.TrySetResult(line);
    }

    private string Text(StringBuilder stream)
    {
        lock (gate)
            return stream.ToString();
    }
}

/// <summary>A program did not do what the test needs of it; the message holds what it said.</summary>
public sealed class RunningProgramException(string message) : Exception(message);
