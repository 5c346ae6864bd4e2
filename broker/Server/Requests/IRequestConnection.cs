using System.Net;
using Broker.Server.Config;

namespace Broker.Server.Requests;

/// <summary>What a request may know of, and do to, the connection it came over. Tests of handlers give one of their own.</summary>
internal interface IRequestConnection
{
    long Id { get; }

    Listener Listener { get; }

    IPAddress RemoteAddress { get; }

    /// <summary>Who is at the other end: <c>User:ANONYMOUS</c> until an authentication said otherwise.</summary>
    string Principal { get; }

    /// <summary>Cancelled when the peer sends no more, or the connection is closed. Who only sends no more still reads its answers.</summary>
    CancellationToken ClientEnded { get; }

    /// <summary>Cancelled when the connection is closed: nobody can be answered any more.</summary>
    CancellationToken Closed { get; }

    /// <summary>Closes the connection; any thread, any number of times.</summary>
    void Close(string reason);
}
