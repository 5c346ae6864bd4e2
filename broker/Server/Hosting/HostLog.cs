using Microsoft.Extensions.Logging;

namespace Broker.Server.Hosting;

/// <summary>The host's log messages.</summary>
internal static partial class HostLog
{
    [LoggerMessage(1, LogLevel.Warning, "{Warning}")]
    public static partial void ConfigWarning(ILogger log, string warning);

    [LoggerMessage(2, LogLevel.Information, "Without a file: {Key}={Value}")]
    public static partial void OwnDefault(ILogger log, string key, string value);

    [LoggerMessage(3, LogLevel.Information, "Broker {BrokerId} of cluster {ClusterId} serves requests {Milliseconds} ms after its start")]
    public static partial void Serving(ILogger log, int brokerId, string clusterId, long milliseconds);

    [LoggerMessage(4, LogLevel.Information, "Broker {BrokerId} is stopping")]
    public static partial void Stopping(ILogger log, int brokerId);

    [LoggerMessage(5, LogLevel.Information, "Broker {BrokerId} has stopped")]
    public static partial void Stopped(ILogger log, int brokerId);

    [LoggerMessage(6, LogLevel.Critical, "All data folders are offline: the broker stops")]
    public static partial void AllFoldersOffline(ILogger log);

    [LoggerMessage(7, LogLevel.Error, "The chore {Chore} has failed; it runs again after its interval")]
    public static partial void ChoreFailed(ILogger log, Exception e, string chore);

    [LoggerMessage(8, LogLevel.Error,
        "The cluster's state cannot be written to {Path}: topics and settings cannot change until it can be; records are served meanwhile")]
    public static partial void JournalFailed(ILogger log, Exception e, string path);

    [LoggerMessage(9, LogLevel.Information, "The cluster's state is written to {Path} again")]
    public static partial void JournalRecovered(ILogger log, string path);
}
