using System.Net;
using Microsoft.Extensions.Logging;

namespace Broker.Server.Metrics;

/// <summary>What metrics and health say in the log.</summary>
internal static partial class MetricsLog
{
    [LoggerMessage(200, LogLevel.Information, "Metrics and health on http://{Address}/metrics, /healthz, /readyz")]
    public static partial void PagesAt(ILogger log, IPEndPoint address);

    [LoggerMessage(201, LogLevel.Warning, "A connection to the pages for metrics and health could not be taken; the next is tried in a second")]
    public static partial void AcceptFailed(ILogger log, Exception e);
}
