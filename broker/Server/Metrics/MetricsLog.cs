using System.Net;
using Microsoft.Extensions.Logging;

namespace Broker.Server.Metrics;

/// <summary>The log messages of the metrics and health pages.</summary>
internal static partial class MetricsLog
{
    [LoggerMessage(200, LogLevel.Information, "Metrics and health on http://{Address}/metrics, /healthz, /readyz")]
    public static partial void PagesAt(ILogger log, IPEndPoint address);

    [LoggerMessage(201, LogLevel.Warning, "A connection to the metrics and health pages could not be accepted; trying again in a second")]
    public static partial void AcceptFailed(ILogger log, Exception e);
}
