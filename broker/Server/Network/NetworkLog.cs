using System.Net;
using Broker.Protocol;
using Broker.Server.Requests;
using Microsoft.Extensions.Logging;

namespace Broker.Server.Network;

/// <summary>The network's log messages.</summary>
internal static partial class NetworkLog
{
    [LoggerMessage(100, LogLevel.Information, "Listening on {Listener}://{Address}")]
    public static partial void Listening(ILogger log, string listener, EndPoint address);

    [LoggerMessage(101, LogLevel.Debug, "Connection {Connection} from {Address} over {Listener}")]
    public static partial void Accepted(ILogger log, long connection, IPAddress address, string listener);

    [LoggerMessage(102, LogLevel.Debug, "Connection {Connection} from {Address} has ended: {Reason}")]
    public static partial void Ended(ILogger log, long connection, IPAddress address, string reason);

    [LoggerMessage(103, LogLevel.Information, "Connection {Connection} from {Address} is closed: {Reason}")]
    public static partial void Closing(ILogger log, long connection, IPAddress address, string reason);

    [LoggerMessage(104, LogLevel.Warning, "Connection {Connection} from {Address} is closed because it violates the protocol: {Reason}")]
    public static partial void Violation(ILogger log, long connection, IPAddress address, string reason);

    [LoggerMessage(105, LogLevel.Error, "The dispatch of a request on connection {Connection} failed")]
    public static partial void DispatchFailed(ILogger log, Exception e, long connection);

    [LoggerMessage(106, LogLevel.Error, "The handling of {Api} version {Version} on connection {Connection} failed")]
    public static partial void HandlerFailed(ILogger log, Exception e, ApiKey api, short version, long connection);

    [LoggerMessage(107, LogLevel.Warning, "A connection from {Address} is refused: it already has max.connections.per.ip ({Limit}) connections")]
    public static partial void TooManyOfAddress(ILogger log, IPAddress address, int limit);

    [LoggerMessage(108, LogLevel.Warning,
        "There are {Limit} connections, as many as max.connections, open files (ulimit -n) and memory allow: new connections wait")]
    public static partial void TooManyConnections(ILogger log, int limit);

    [LoggerMessage(109, LogLevel.Error, "Accepting on {Listener} failed; trying again in a second")]
    public static partial void AcceptFailed(ILogger log, Exception e, string listener);

    [LoggerMessage(111, LogLevel.Error, "An answer on connection {Connection} could not be sent")]
    public static partial void SendFailed(ILogger log, Exception e, long connection);

    [LoggerMessage(110, LogLevel.Warning, "{Count} connections did not end in time")]
    public static partial void ConnectionsLeft(ILogger log, int count);
}
