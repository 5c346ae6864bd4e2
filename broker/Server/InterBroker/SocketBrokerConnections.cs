namespace Broker.Server.InterBroker;

/// <summary>Connections to other brokers over TCP.</summary>
/// <param name="maxResponseBytes">
/// The longest response that is read, in bytes. A follower's response may hold replica.fetch.response.max.bytes and, above that, one batch that is as long as
/// the longest produce request; no other response is longer.
/// </param>
/// <param name="time">The clock of the time-outs.</param>
internal sealed class SocketBrokerConnections(int maxResponseBytes, TimeProvider time) : IBrokerConnections
{
    public IBrokerConnection Open(string host, int port, string clientId) => new SocketBrokerConnection(host, port, clientId, maxResponseBytes, time);
}
