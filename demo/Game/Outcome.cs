using Confluent.Kafka;
using Game.Contracts;
using Game.WebHdfs;

namespace Game.Cli;

/// <summary>Turns what stops a verb into one sentence and an exit code: 1 for failures, 2 for usage (by the command line library), 130 for Ctrl-C.</summary>
internal static class Outcome
{
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

    private static string? Sentence(Exception e) => e switch
    {
        UserErrorException or TopicMismatchException or FormatException => e.Message,
        KafkaException kafka => $"The broker does not do what is needed: {kafka.Error.Reason}.",
        WebHdfsException => e.Message,
        DllNotFoundException => $"A library is missing: {e.Message}",
        IOException or UnauthorizedAccessException => $"The disk or the network says no: {e.Message}",
        AggregateException { InnerException: { } inner } => Sentence(inner),
        _ => null,
    };
}
