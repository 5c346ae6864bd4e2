namespace Game.GameServer.Telemetry;

/// <summary>All log messages of the game server. A single request is logged only if it fails by an unexpected exception.</summary>
internal static partial class LogMessages
{
    [LoggerMessage(1, LogLevel.Information, "Game server {ServerId} listens on {Addresses} and publishes to {Brokers}.")]
    public static partial void Listening(this ILogger logger, string serverId, string addresses, string brokers);

    [LoggerMessage(2, LogLevel.Information, "The address table has {Prefixes} prefixes.")]
    public static partial void AddressTableRead(this ILogger logger, int prefixes);

    [LoggerMessage(3, LogLevel.Error, "The producer has a fatal error and is replaced: {Reason}.")]
    public static partial void ProducerFailed(this ILogger logger, string reason);

    [LoggerMessage(4, LogLevel.Warning, "The Kafka client: {Reason}.")]
    public static partial void ClientError(this ILogger logger, string reason);

    [LoggerMessage(5, LogLevel.Warning, "{Count} records were not acknowledged before the producer was closed.")]
    public static partial void Unacknowledged(this ILogger logger, int count);

    [LoggerMessage(6, LogLevel.Error, "A request failed.")]
    public static partial void RequestFailed(this ILogger logger, Exception? exception);

    [LoggerMessage(7, LogLevel.Error, "A stream failed.")]
    public static partial void StreamFailed(this ILogger logger, Exception exception);

    [LoggerMessage(8, LogLevel.Warning, "{Warning}")]
    public static partial void TopicWeak(this ILogger logger, string warning);

    [LoggerMessage(11, LogLevel.Error, "The accounts cannot check secrets; logins are answered 503 until they can.")]
    public static partial void AccountsFailed(this ILogger logger, Exception exception);

    [LoggerMessage(9, LogLevel.Warning,
        "The last records of player-events were not read within {Seconds} s; until they are, reused keys and known places of players may not be recognised.")]
    public static partial void NotCaughtUp(this ILogger logger, double seconds);

    [LoggerMessage(10, LogLevel.Warning, "Reading player-events failed and is tried again, from its last records on: {Reason}.")]
    public static partial void FollowingFailed(this ILogger logger, string reason);
}
