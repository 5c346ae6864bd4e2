namespace Running;

/// <summary>The result of a program that has ended.</summary>
/// <param name="ExitCode">Its exit code.</param>
/// <param name="Output">Its standard output.</param>
/// <param name="Errors">Its standard error.</param>
public sealed record CommandResult(int ExitCode, string Output, string Errors)
{
    /// <summary>Both, for messages.</summary>
    public string Said => $"exit code {ExitCode}\n{Output}{Errors}";

    public string[] Lines => Output.Split('\n', StringSplitOptions.RemoveEmptyEntries);
}

/// <summary>Runs a program to its end.</summary>
public static class Command
{
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(90);

    /// <param name="program">A path, or the name of a program in PATH.</param>
    /// <param name="arguments">The arguments.</param>
    /// <param name="environment">Variables that are added to this process's own.</param>
    /// <param name="input">Its standard input; empty where null.</param>
    /// <param name="timeout">The time after which it is killed; <see cref="Patience"/> where null.</param>
    /// <exception cref="RunningProgramException">It still runs after the time.</exception>
    public static async Task<CommandResult> RunAsync(
        string program, IEnumerable<string> arguments, IReadOnlyDictionary<string, string>? environment = null, string? input = null, TimeSpan? timeout = null)
    {
        await using RunningProgram running = RunningProgram.Start(program, arguments, environment);
        await running.WriteInputAsync(input ?? "");
        int code = await running.ExitAsync(timeout ?? Patience);
        return new CommandResult(code, running.Output, running.Errors);
    }

    /// <summary>The path of a program in PATH; null where PATH has none.</summary>
    public static string? Find(string program)
        => (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':').Select(folder => Path.Combine(folder, program)).FirstOrDefault(File.Exists);
}
