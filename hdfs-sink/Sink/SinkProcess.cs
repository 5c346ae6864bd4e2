using Game.HdfsSink.Consuming;

namespace Game.HdfsSink;

/// <summary>The sink's life as a process: from its settings to its exit code.</summary>
internal static class SinkProcess
{
    /// <summary>Everything read is committed.</summary>
    public const int Stopped = 0;

    public const int CouldNotStart = 1;

    public const int BadArguments = 2;

    /// <summary>Going on with a partition would break the promise that every record is in HDFS once.</summary>
    public const int Refused = 3;

    /// <summary>Told to stop, it could not commit all it held within its time: the next start reads the rest again.</summary>
    public const int Unfinished = 4;

    /// <summary>Runs until told to stop, or until only a person can help.</summary>
    /// <param name="settings">What to write where.</param>
    /// <param name="urls">Where health and metrics are served.</param>
    /// <param name="cancellationToken">Tells it to stop, as SIGTERM does.</param>
    /// <returns>The exit code; what is no <see cref="Stopped"/> is explained by a sentence on the standard error.</returns>
    public static async Task<int> RunAsync(SinkSettings settings, string urls, CancellationToken cancellationToken)
    {
        try
        {
            await using WebApplication app = SinkHost.Build(settings, urls);
            SinkService sink = app.Services.GetRequiredService<SinkService>();
            await app.StartAsync(cancellationToken);
            Console.WriteLine($"hdfs-sink writes {string.Join(", ", settings.Topics)} to {settings.WebHdfs[0]}{settings.Warehouse.TrimStart('/')}; health and metrics on {string.Join(',', app.Urls)}");
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
