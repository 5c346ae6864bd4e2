using System.Diagnostics;
using System.Net.Sockets;
using Game.Cli.Processes;

namespace Game.Cli.Bench;

/// <summary>
/// Asks one broker for metadata, on a new socket each time. It uses no client, so that the start of a client is not measured, and because a client asks
/// whichever broker it likes.
/// </summary>
internal static class MetadataProbe
{
    /// <summary>For the start of a broker that has ten thousand logs to recover, on a busy machine.</summary>
    private static readonly TimeSpan StartTimeout = TimeSpan.FromMinutes(30);

    /// <summary>A broker that has accepted a connection and does not serve it is asked again after this time.</summary>
    private static readonly TimeSpan AnswerTimeout = TimeSpan.FromSeconds(10);

    /// <summary>Waits until a starting broker answers and names a number of brokers.</summary>
    /// <param name="hostAndPort">The broker.</param>
    /// <param name="brokers">How many it names at least, itself included.</param>
    /// <param name="since">A <see cref="Stopwatch"/> timestamp.</param>
    /// <param name="hasEnded">Whether the broker's process has ended.</param>
    /// <param name="cancellation">Ends the wait.</param>
    /// <returns>The time since then.</returns>
    /// <exception cref="UserErrorException">It has ended, or does not answer within half an hour.</exception>
    public static async Task<TimeSpan> FirstAnswerAsync(string hostAndPort, int brokers, long since, Func<bool> hasEnded, CancellationToken cancellation)
    {
        while (Stopwatch.GetElapsedTime(since) < StartTimeout)
        {
            if (await AskAsync(hostAndPort, topics: null, cancellation) is { } answer && answer.Brokers.Count >= brokers)
            {
                return Stopwatch.GetElapsedTime(since);
            }
            if (hasEnded())
            {
                throw new UserErrorException($"The broker at {hostAndPort} ended before it answered; its log is in {SystemFolder.Root}/bench.");
            }
            await Task.Delay(1, cancellation);
        }

        throw new UserErrorException($"The broker at {hostAndPort} did not answer within {StartTimeout.TotalMinutes:F0} minutes.");
    }

    /// <param name="topics">Null for all.</param>
    /// <returns>Null where the broker does not answer.</returns>
    public static async Task<MetadataAnswer?> AskAsync(string hostAndPort, IReadOnlyCollection<string>? topics, CancellationToken cancellation)
    {
        using CancellationTokenSource late = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        late.CancelAfter(AnswerTimeout);
        try
        {
            int colon = hostAndPort.LastIndexOf(':');
            using TcpClient client = new() { NoDelay = true };
            await client.ConnectAsync(hostAndPort[..colon].Trim('[', ']'), int.Parse(hostAndPort[(colon + 1)..]), late.Token);
            return MetadataMessages.Read(await WireExchange.AskAsync(client.GetStream(), MetadataMessages.Request(topics), late.Token));
        }
        catch (Exception e) when (e is SocketException or IOException || e is OperationCanceledException && !cancellation.IsCancellationRequested)
        {
            return null;
        }
    }
}
