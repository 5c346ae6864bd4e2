namespace Broker.Server.Config;

/// <summary>How the bytes of a listener are protected.</summary>
internal enum SecurityProtocol : short
{
    Plaintext = 0,
    Ssl = 1,
    SaslPlaintext = 2,
    SaslSsl = 3,
}

/// <summary>One entry of <c>listeners</c>: a name, how it is protected, and where it listens.</summary>
/// <param name="Name">Kafka's listener name, upper case by habit (<c>PLAINTEXT</c>, <c>INTERNAL</c>).</param>
/// <param name="SecurityProtocol">From <c>listener.security.protocol.map</c>.</param>
/// <param name="Host">Address to bind; empty for every interface.</param>
/// <param name="Port">0 asks the system for a free one.</param>
internal sealed record Listener(string Name, SecurityProtocol SecurityProtocol, string Host, int Port);
