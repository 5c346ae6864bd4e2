using System.Net;

namespace Broker.Server.Network;

/// <summary>What a request may know of, and do to, the connection it came over. Tests of handlers give one of their own.</summary>
internal interface IRequestConnection
{
    long Id { get; }

    Listener Listener { get; }

    IPAddress RemoteAddress { get; }

    /// <summary>Who is at the other end: <c>User:ANONYMOUS</c> until an authentication said otherwise.</summary>
    string Principal { get; }

    CancellationToken Closed { get; }

    /// <summary>Closes the connection; any thread, any number of times.</summary>
    void Close(string reason);
}
