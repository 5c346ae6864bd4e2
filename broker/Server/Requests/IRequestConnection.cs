using System.Net;
using Broker.Server.Config;

namespace Broker.Server.Requests;

/// <summary>What a handler can read of, and do to, the connection that its request came over. Tests of handlers implement it without a socket.</summary>
internal interface IRequestConnection
{
    long Id { get; }

    Listener Listener { get; }

    IPAddress RemoteAddress { get; }

    /// <summary>The client's principal: <c>User:ANONYMOUS</c> where it has not authenticated.</summary>
    string Principal { get; }

    /// <summary>
    /// Cancelled when the client has closed its sending side, or the connection is closed. A client that only closed its side may still read.
    /// </summary>
    CancellationToken ClientEnded { get; }

    /// <summary>Cancelled when the connection is closed: no response can be sent any more.</summary>
    CancellationToken Closed { get; }

    /// <summary>Closes the connection; any thread, any number of times.</summary>
    void Close(string reason);
}
