using Game.HdfsSink.Consuming;

namespace Game.HdfsSink;

/// <summary>Runs the sink as a process: from its settings to its exit code.</summary>
internal static class SinkProcess
{
    /// <summary>Stopped; all records read are committed.</summary>
    public const int Stopped = 0;

    public const int CouldNotStart = 1;

    public const int BadArguments = 2;

    /// <summary>If the sink wrote more of a partition, HDFS might lose a record or hold it twice: an operator must decide.</summary>
    public const int Refused = 3;

    /// <summary>Stopped before all records held were committed: the next start reads the rest again.</summary>
    public const int Unfinished = 4;

    /// <summary>Runs until a signal or the token stops it, or until only an operator can help.</summary>
    /// <param name="settings">The sink's settings.</param>
    /// <param name="urls">Addresses that serve health and metrics.</param>
    /// <param name="cancellationToken">Stops it, as SIGTERM does.</param>
    /// <returns>The exit code; a sentence on the standard error explains every code but <see cref="Stopped"/>.</returns>
    public static async Task<int> RunAsync(SinkSettings settings, string urls, CancellationToken cancellationToken)
    {
        try
        {
            await using WebApplication app = SinkHost.Build(settings, urls);
            SinkService sink = app.Services.GetRequiredService<SinkService>();
            await app.StartAsync(cancellationToken);
            string target = $"{settings.WebHdfs[0]}{settings.Warehouse.TrimStart('/')}";
            Console.WriteLine($"hdfs-sink writes {string.Join(", ", settings.Topics)} to {target}; health and metrics on {string.Join(',', app.Urls)}");
            await app.WaitForShutdownAsync(cancellationToken);
            return await EndAsync(sink);
        }
        catch (Exception e) when (e is IOException or FormatException or InvalidOperationException)
        {
            await Console.Error.WriteLineAsync($"hdfs-sink could not start: {e.GetBaseException().Message}");
            return CouldNotStart;
        }
    }

    private static async Task<int> EndAsync(SinkService sink)
    {
        (int code, string? sentence) = sink.Outcome;
        if (sentence is not null)
        {
            await Console.Error.WriteLineAsync(sentence);
        }

        return code;
    }
}
