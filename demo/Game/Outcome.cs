using System.CommandLine;
using System.CommandLine.Parsing;
using Confluent.Kafka;
using Game.Cli.Processes;
using Game.Contracts;
using Game.WebHdfs;

namespace Game.Cli;

/// <summary>
/// Turns the exception that ends a verb into one sentence and an exit code: 1 for a failure, 2 for wrong usage, 130 for an interrupt. The user sees no stack
/// trace.
/// </summary>
internal static class Outcome
{
    public const int Failed = 1;
    public const int Interrupted = 130;
    private const int BadUsage = 2;
    private const string DetailsFile = "error.log";

    /// <summary>Runs a command line.</summary>
    /// <param name="root">The command with all verbs.</param>
    /// <param name="args">The command line.</param>
    /// <param name="errors">Receives the sentence.</param>
    /// <param name="interrupt">Canceled by Ctrl-C, by SIGTERM and when the terminal is closed.</param>
    /// <returns>The exit code.</returns>
    public static async Task<int> OfAsync(Command root, string[] args, TextWriter errors, CancellationToken interrupt)
    {
        try
        {
            ParseResult parsed = root.Parse(args);
            if (parsed.Errors.Count > 0)
            {
                string verb = string.Concat(Verbs(parsed.CommandResult).Select(name => name + " "));
                WriteError(errors, $"{parsed.Errors[0].Message} See ./game {verb}--help.");
                return BadUsage;
            }

            return await parsed.InvokeAsync(new InvocationConfiguration { EnableDefaultExceptionHandler = false, ProcessTerminationTimeout = null }, interrupt);
        }
        catch (Exception) when (interrupt.IsCancellationRequested)
        {
            // Any exception: the interrupt itself can cause one, for example when Ctrl-C also reaches a child that has no session of its own yet.
            return Interrupted;
        }
        catch (Exception e)
        {
            WriteError(errors, Sentence(e) ?? Unexpected(e, args));
            return Failed;
        }
    }

    /// <summary>The sentence for an error that is expected to occur; null for any other exception, which is a bug of the program.</summary>
    public static string? Sentence(Exception e) => e switch
    {
        UserErrorException or TopicMismatchException or FormatException => e.Message,
        KafkaException kafka => $"The broker refuses a request or does not answer it: {kafka.Error.Reason}.",
        WebHdfsException => e.Message,
        HttpRequestException => $"A server cannot be reached: {e.GetBaseException().Message}",
        TimeoutException or OperationCanceledException => $"A server did not answer in time: {e.Message}",
        DllNotFoundException => $"A library is missing: {e.Message}",
        IOException or UnauthorizedAccessException => $"The disk or the network failed: {e.Message}",
        AggregateException { InnerException: { } inner } => Sentence(inner),
        _ => null,
    };

    /// <summary>The sentence for a bug of the program. Writes the details to a file and names the file.</summary>
    public static string Unexpected(Exception e, string[] args)
    {
        string what = $"This should not have happened: {e.Message.Split('\n')[0].TrimEnd('.', '\r')} ({e.GetType().Name})";
        try
        {
            string file = Path.Combine(Directory.CreateDirectory(SystemFolder.Root).FullName, DetailsFile);
            File.WriteAllText(file, $"{TimeProvider.System.GetUtcNow():u} ./game {string.Join(' ', args)}\n{e}\n");
            return $"{what}; the details are in {file}.";
        }
        catch (Exception none) when (none is IOException or UnauthorizedAccessException or UserErrorException)
        {
            return $"{what}; the details cannot be written to a file: {none.Message}";
        }
    }

    /// <summary>Runs the work. When the user interrupts it, prints that the started processes are being stopped, which takes a few seconds.</summary>
    public static async Task RunAndReportInterruptAsync(Func<Task> work, CancellationToken interrupt)
    {
        try
        {
            await work();
        }
        catch (OperationCanceledException) when (interrupt.IsCancellationRequested)
        {
            WriteError(Console.Error, "interrupted; stopping the started processes …");
            throw;
        }
    }

    public static void WriteError(TextWriter errors, string sentence)
    {
        try
        {
            errors.WriteLine("game: " + VisibleText.EscapeLines(sentence));
        }
        catch (IOException)
        {
            // The terminal is closed, so no user can read the sentence.
        }
    }

    private static IEnumerable<string> Verbs(SymbolResult result)
        => result is CommandResult { Parent: { } parent } command ? Verbs(parent).Append(command.Command.Name) : [];
}
