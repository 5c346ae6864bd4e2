using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Broker.Coordination.ZooKeeper;

/// <summary>
/// The C client's log, in ours. The client calls without a context, so the messages of all sessions of the process go to the log that was given last.
/// </summary>
internal static unsafe partial class ClientLog
{
    private const string Connected = "session establishment complete";

    private static readonly OutageMessages Messages = new();

    internal static ILogger Target { get; set; } = NullLogger.Instance;

    /// <summary>A line of the C client: <c>time:process(thread):LEVEL@function@line: text</c>.</summary>
    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    internal static void Write(byte* line)
    {
        string text = Callbacks.Text(line) ?? "";
        int level = text.IndexOf("ZOO_", StringComparison.Ordinal);
        int said = level < 0 ? -1 : text.IndexOf(": ", level, StringComparison.Ordinal);
        string message = said < 0 ? text : text[(said + 2)..].TrimEnd();
        if (message.StartsWith(Connected, StringComparison.Ordinal))
        {
            Messages.Clear();
        }
        Said(Target, Messages.IsNew(message) ? LevelOf(level < 0 ? text : text[level..]) : LogLevel.Debug, message);
    }

    internal static void CallbackFailed(Exception failure) => CallbackFailed(Target, failure);

    /// <summary>A server that cannot be reached is an error to the C client, which tries again; to the broker it is a warning.</summary>
    private static LogLevel LevelOf(string text) =>
        text.StartsWith("ZOO_ERROR", StringComparison.Ordinal) || text.StartsWith("ZOO_WARN", StringComparison.Ordinal) ? LogLevel.Warning
        : text.StartsWith("ZOO_INFO", StringComparison.Ordinal) ? LogLevel.Information
        : LogLevel.Debug;

    [LoggerMessage(EventId = 1, Message = "ZooKeeper's client: {Text}")]
    private static partial void Said(ILogger log, LogLevel level, string text);

    [LoggerMessage(2, LogLevel.Error, "The receiver of an answer or a notice of ZooKeeper has failed")]
    private static partial void CallbackFailed(ILogger log, Exception failure);
}
