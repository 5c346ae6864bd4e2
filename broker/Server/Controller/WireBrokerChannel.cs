using Broker.Protocol;
using Broker.Protocol.Messages;
using Broker.Server.InterBroker;

namespace Broker.Server.Controller;

/// <summary>Carries the controller's requests to another broker. Each call is one attempt.</summary>
/// <param name="connection">To the broker's endpoint of the listener between brokers.</param>
/// <param name="timeout">controller.socket.timeout.ms.</param>
internal sealed class WireBrokerChannel(IBrokerConnection connection, TimeSpan timeout) : IBrokerChannel
{
    public ValueTask<LeaderAndIsrResponse> Send(LeaderAndIsrRequest request, CancellationToken cancellation) =>
        Send<LeaderAndIsrRequest, LeaderAndIsrResponse>(request, InterBrokerVersions.LeaderAndIsr, cancellation);

    public ValueTask<UpdateMetadataResponse> Send(MetadataUpdate update, CancellationToken cancellation) =>
        Send<MetadataUpdate, UpdateMetadataResponse>(update, InterBrokerVersions.UpdateMetadata, cancellation);

    public ValueTask<StopReplicaResponse> Send(StopReplicaRequest request, CancellationToken cancellation) =>
        Send<StopReplicaRequest, StopReplicaResponse>(request, InterBrokerVersions.StopReplica, cancellation);

    public ValueTask DisposeAsync() => connection.DisposeAsync();

    private ValueTask<TResponse> Send<TRequest, TResponse>(TRequest request, short version, CancellationToken cancellation)
        where TRequest : IRequest<TRequest>
        where TResponse : IMessage<TResponse> => connection.Send<TRequest, TResponse>(request, version, timeout, cancellation);
}
