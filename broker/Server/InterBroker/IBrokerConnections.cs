using Broker.Protocol;

namespace Broker.Server.InterBroker;

/// <summary>Opens connections to other brokers: over sockets in the server, through the peer's own handlers in a simulation.</summary>
internal interface IBrokerConnections
{
    /// <summary>A connection to the broker at an address. Nothing is sent before the first request.</summary>
    /// <param name="host">A name or an address, as the broker has registered it.</param>
    /// <param name="port">1 to 65535.</param>
    /// <param name="clientId">This broker's name in the headers of its requests.</param>
    IBrokerConnection Open(string host, int port, string clientId);
}

/// <summary>A connection to another broker, for one request at a time. It connects when a request finds it not connected.</summary>
internal interface IBrokerConnection : IAsyncDisposable
{
    /// <summary>
    /// Sends a request and returns its response. Record batches of the response are valid until the next call. Disposing the connection ends a call that waits.
    /// </summary>
    /// <param name="request">The body.</param>
    /// <param name="version">The version of the request and of its response.</param>
    /// <param name="timeout">From the call to the response, connecting included.</param>
    /// <param name="cancellation">Ends the call; the connection is then closed.</param>
    /// <exception cref="BrokerUnreachableException">There is no response: the broker may or may not have handled the request. The next request connects
    /// again.</exception>
    /// <exception cref="OperationCanceledException">The call was cancelled or the connection disposed.</exception>
    ValueTask<TResponse> Send<TRequest, TResponse>(TRequest request, short version, TimeSpan timeout, CancellationToken cancellation)
        where TRequest : IRequest<TRequest>
        where TResponse : IMessage<TResponse>;
}
