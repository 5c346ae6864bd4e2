using Microsoft.Extensions.Logging;

namespace Broker.Server.Apis.Fetching;

/// <summary>What the broker logs about reading partitions for clients.</summary>
internal static partial class FetchLog
{
    [LoggerMessage(EventId = 3101, Level = LogLevel.Error, Message = "Reading {Topic}-{Partition} failed.")]
    public static partial void ReadFailed(ILogger logger, string topic, int partition, Exception failure);
}
