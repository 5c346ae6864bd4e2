namespace Game.LocalWebHdfs;

internal static partial class LogMessages
{
    [LoggerMessage(1, LogLevel.Warning, "The disk refused {Path}: {Reason}")]
    public static partial void DiskFailed(ILogger log, string path, string reason);
}
