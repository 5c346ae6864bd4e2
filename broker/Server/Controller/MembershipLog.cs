using Broker.Protocol;
using Microsoft.Extensions.Logging;

namespace Broker.Server.Controller;

/// <summary>What a broker logs about its membership in the cluster.</summary>
internal sealed partial class MembershipLog(ILogger logger)
{
    [LoggerMessage(1, LogLevel.Information, "The controller has moved this broker's leaderships to other brokers")]
    private static partial void LogHandedOver(ILogger logger);

    [LoggerMessage(2, LogLevel.Warning, "The controller has not moved this broker's leaderships ({Error}, {Remaining} partitions remain); {Tries} more tries")]
    private static partial void LogNotHandedOver(ILogger logger, ErrorCode error, int remaining, int tries);

    internal void HandedOver() => LogHandedOver(logger);

    internal void NotHandedOver(ErrorCode error, int remaining, int tries) => LogNotHandedOver(logger, error, remaining, tries);
}
