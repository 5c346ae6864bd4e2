namespace Game.LocalWebHdfs;

internal static partial class LogMessages
{
    [LoggerMessage(1, LogLevel.Warning, "A disk operation on {Path} failed: {Reason}")]
    public static partial void DiskFailed(ILogger log, string path, string reason);
}
