#pragma warning disable RCS1194 // An address and a reason are always known: the constructors without them would be lies.

namespace Broker.Server.InterBroker;

/// <summary>Another broker gave no response: it cannot be reached, the connection broke, the time is over, or its bytes are no response.</summary>
internal sealed class BrokerUnreachableException(string host, int port, string reason, Exception? cause = null)
    : Exception($"The broker at {host}:{port} gave no response: {reason}", cause);
