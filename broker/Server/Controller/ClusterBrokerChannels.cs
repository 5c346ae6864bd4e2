using Broker.Protocol.Messages;
using Broker.Server.InterBroker;
using Broker.Server.Metadata.Znodes;

namespace Broker.Server.Controller;

/// <summary>Opens the controller's channels: to its own broker in process, to the others over connections.</summary>
/// <param name="brokerId">This broker.</param>
/// <param name="local">This broker's core.</param>
/// <param name="connections">Opens connections to the others.</param>
/// <param name="listener">The listener on which brokers reach each other.</param>
/// <param name="timeout">controller.socket.timeout.ms.</param>
internal sealed class ClusterBrokerChannels(int brokerId, IBrokerChannel local, IBrokerConnections connections, string listener, TimeSpan timeout)
    : IBrokerChannels
{
    public IBrokerChannel Open(LiveBroker broker)
    {
        BrokerRegistration registration = broker.Registration;
        if (registration.Id == brokerId)
        {
            return local;
        }
        return registration.Endpoints.FirstOrDefault(endpoint => endpoint.Listener == listener) is { } endpoint
            ? new WireBrokerChannel(connections.Open(endpoint.Host, endpoint.Port, $"controller-{brokerId}"), timeout)
            : new NoChannel(registration, listener);
    }

    /// <summary>The channel to a broker that has no endpoint of the listener between brokers: it cannot be reached.</summary>
    private sealed class NoChannel(BrokerRegistration broker, string listener) : IBrokerChannel
    {
        public ValueTask<LeaderAndIsrResponse> Send(LeaderAndIsrRequest request, CancellationToken cancellation) => throw Unreachable();

        public ValueTask<UpdateMetadataResponse> Send(MetadataUpdate update, CancellationToken cancellation) => throw Unreachable();

        public ValueTask<StopReplicaResponse> Send(StopReplicaRequest request, CancellationToken cancellation) => throw Unreachable();

        public ValueTask DisposeAsync() => ValueTask.CompletedTask;

        private BrokerUnreachableException Unreachable()
        {
            BrokerEndpoint? other = broker.Endpoints.FirstOrDefault();
            return new BrokerUnreachableException(other?.Host ?? "", other?.Port ?? 0, $"broker {broker.Id} has no listener {listener}");
        }
    }
}
