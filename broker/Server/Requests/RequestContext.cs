using System.Net;
using Broker.Protocol;
using Broker.Server.Config;

namespace Broker.Server.Requests;

/// <summary>
/// Everything about a request but its body: who sent it, over which listener, and what its handling has earned. One object a request. Read from any thread;
/// <see cref="ThrottleTimeMs"/> is set by the handler before its answer is complete.
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

    /// <summary>The client's name for itself; a null one is the empty string, as Kafka does.</summary>
    public string ClientId { get; }

    /// <summary>The listener that the connection came in on: metadata answers are given per listener.</summary>
    public string ListenerName => _connection.Listener.Name;

    public SecurityProtocol SecurityProtocol => _connection.Listener.SecurityProtocol;

    /// <summary>Who is asking, as <c>User:name</c>.</summary>
    public string Principal => _connection.Principal;

    public IPAddress ClientAddress => _connection.RemoteAddress;

    /// <summary>Unique among the connections of this broker's life.</summary>
    public long ConnectionId => _connection.Id;

    /// <summary>
    /// Cancelled when the client sends no more, or the connection is closed: what only waits need not wait any more. It is to be answered all the same, as a
    /// client that has ended its side may still read.
    /// </summary>
    public CancellationToken ClientEnded => _connection.ClientEnded;

    /// <summary>Cancelled when the connection is closed: what only leads to an answer may be left.</summary>
    public CancellationToken ConnectionClosed => _connection.Closed;

    /// <summary>Milliseconds that this request has earned: the answer leaves at once, then the connection's next request waits that long (KIP-219).</summary>
    public int ThrottleTimeMs { get; set; }

    /// <summary>
    /// Set by a handler whose dispatch has to wait for something (a stalled disk's place): the frame stays, and no further request is dispatched, until it
    /// completes; null where the dispatch ended with the call. Its failure closes the connection.
    /// </summary>
    public Task? Dispatching { get; set; }

    /// <summary>
    /// The connection is closed instead of answering: the wire has no other way to report a failed acks=0 produce.
    /// <paramref name="reason"/> is logged.
    /// </summary>
    public void CloseConnection(string reason) => _connection.Close(reason);
}
