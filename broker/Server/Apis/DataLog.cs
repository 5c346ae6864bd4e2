using Microsoft.Extensions.Logging;

namespace Broker.Server.Apis;

/// <summary>What the handlers of the data path log.</summary>
internal static partial class DataLog
{
    [LoggerMessage(EventId = 3100, Level = LogLevel.Warning,
        Message = "Transactions are not served: producer '{TransactionalId}' of client '{ClientId}' on connection {ConnectionId} is refused for good.")]
    public static partial void TransactionRefused(ILogger logger, string transactionalId, string clientId, long connectionId);

    [LoggerMessage(EventId = 3102, Level = LogLevel.Error, Message = "The size of the volume of log directory '{Directory}' cannot be read.")]
    public static partial void VolumeFailed(ILogger logger, string directory, Exception failure);
}
