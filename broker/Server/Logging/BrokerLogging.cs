using Microsoft.Extensions.Logging;

namespace Broker.Server.Logging;

/// <summary>The log of a broker process: lines on the console, as text or as JSON objects.</summary>
internal static class BrokerLogging
{
    private const string UtcMilliseconds = "yyyy-MM-dd'T'HH:mm:ss.fff'Z' ";

    /// <param name="json">One JSON object a line instead of text.</param>
    public static ILoggerFactory ToConsole(bool json) => LoggerFactory.Create(logging =>
    {
        if (json)
        {
            logging.AddJsonConsole(console => (console.UseUtcTimestamp, console.TimestampFormat) = (true, UtcMilliseconds.TrimEnd()));
        }
        else
        {
            logging.AddSimpleConsole(console => (console.SingleLine, console.UseUtcTimestamp, console.TimestampFormat) = (true, true, UtcMilliseconds));
        }
    });
}
