using System.Net;
using Broker.Protocol;
using Broker.Server.Config;

namespace Broker.Server.Requests;

/// <summary>
/// Everything about a request but its body: who sent it, over which listener, and for how long it is throttled. One object for each request. Any thread may
/// read it; the handler sets <see cref="ThrottleTimeMs"/> before its response is complete.
/// </summary>
internal sealed class RequestContext
{
    private readonly IRequestConnection _connection;

    internal RequestContext(IRequestConnection connection, ApiKey apiKey, short apiVersion, int correlationId, string? clientId)
    {
        _connection = connection;
        ApiKey = apiKey;
        ApiVersion = apiVersion;
        CorrelationId = correlationId;
        ClientId = clientId ?? "";
    }

    public ApiKey ApiKey { get; }

    public short ApiVersion { get; }

    public int CorrelationId { get; }

    /// <summary>The client id of the request header; empty where that is null, as in Kafka.</summary>
    public string ClientId { get; }

    /// <summary>The listener that the connection came over: responses list the brokers' endpoints of this listener.</summary>
    public string ListenerName => _connection.Listener.Name;

    public SecurityProtocol SecurityProtocol => _connection.Listener.SecurityProtocol;

    /// <summary>The client's principal, as <c>User:name</c>.</summary>
    public string Principal => _connection.Principal;

    public IPAddress ClientAddress => _connection.RemoteAddress;

    /// <summary>Unique among all connections since the broker was started.</summary>
    public long ConnectionId => _connection.Id;

    /// <summary>
    /// Cancelled when the client has closed its sending side, or the connection is closed: a waiting handler stops waiting. It answers nevertheless, because a
    /// client that has closed only its sending side may still read.
    /// </summary>
    public CancellationToken ClientEnded => _connection.ClientEnded;

    /// <summary>Cancelled when the connection is closed: a handler may stop work that only produces the response.</summary>
    public CancellationToken ConnectionClosed => _connection.Closed;

    /// <summary>
    /// For how many milliseconds the client is throttled: the broker sends the response at once and then delays the connection's next request (KIP-219).
    /// </summary>
    public int ThrottleTimeMs { get; set; }

    /// <summary>
    /// Set by a handler whose dispatch waits for something (a permit of a log directory's AppendGate). Until the task completes, the connection keeps the frame
    /// and dispatches no further request. Null where the dispatch ended with the call. Its failure closes the connection.
    /// </summary>
    public Task? Dispatching { get; set; }

    /// <summary>
    /// Closes the connection instead of sending a response, because the protocol has no other way to report a failed produce request with acks=0. The broker
    /// logs <paramref name="reason"/>.
    /// </summary>
    public void CloseConnection(string reason) => _connection.Close(reason);
}
