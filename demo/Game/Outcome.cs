using System.CommandLine;
using System.CommandLine.Parsing;
using Confluent.Kafka;
using Game.Contracts;
using Game.WebHdfs;

namespace Game.Cli;

/// <summary>Turns what stops a verb into one sentence and an exit code: 1 for failures, 2 for usage, 130 for Ctrl-C.</summary>
internal static class Outcome
{
    private const int BadUsage = 2;

    /// <summary>Tells what is wrong with a command line.</summary>
    public static async Task<int> OfBadUsageAsync(ParseResult parsed)
    {
        string verb = string.Join(' ', Verbs(parsed.CommandResult));
        await Console.Error.WriteLineAsync($"game: {parsed.Errors[0].Message} See ./game {verb}{(verb.Length > 0 ? " " : "")}--help.");
        return BadUsage;
    }

    public static async Task<int> OfAsync(Func<Task<int>> verb)
    {
        try
        {
            return await verb();
        }
        catch (OperationCanceledException)
        {
            return 130;
        }
        catch (Exception e) when (Sentence(e) is { } sentence)
        {
            await Console.Error.WriteLineAsync("game: " + sentence);
            return 1;
        }
    }

    /// <summary>What to tell somebody about an exception; null where it is a mistake of the program.</summary>
    public static string? Sentence(Exception e) => e switch
    {
        UserErrorException or TopicMismatchException or FormatException => e.Message,
        KafkaException kafka => $"The broker does not do what is needed: {kafka.Error.Reason}.",
        WebHdfsException => e.Message,
        DllNotFoundException => $"A library is missing: {e.Message}",
        IOException or UnauthorizedAccessException => $"The disk or the network says no: {e.Message}",
        AggregateException { InnerException: { } inner } => Sentence(inner),
        _ => null,
    };

    private static IEnumerable<string> Verbs(SymbolResult result)
        => result is CommandResult { Parent: { } parent } command ? Verbs(parent).Append(command.Command.Name) : [];
}
