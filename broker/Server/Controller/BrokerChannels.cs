using Broker.Protocol.Messages;

namespace Broker.Server.Controller;

/// <summary>
/// Carries the controller's requests to one broker, one at a time: in process a call, else over a connection. A request without a response throws <see
/// cref="InterBroker.BrokerUnreachableException"/>; whether the broker has handled it is then unknown, and the sender sends it again.
/// </summary>
internal interface IBrokerChannel : IAsyncDisposable
{
    /// <summary>Sends LeaderAndIsr: which replicas lead and follow.</summary>
    ValueTask<LeaderAndIsrResponse> Send(LeaderAndIsrRequest request, CancellationToken cancellation);

    /// <summary>Sends UpdateMetadata: brokers, leaders and deleted topics.</summary>
    ValueTask<UpdateMetadataResponse> Send(MetadataUpdate update, CancellationToken cancellation);

    /// <summary>Sends StopReplica: replicas to stop, and whether to delete them.</summary>
    ValueTask<StopReplicaResponse> Send(StopReplicaRequest request, CancellationToken cancellation);
}

/// <summary>Opens channels to brokers.</summary>
internal interface IBrokerChannels
{
    /// <summary>Opens the channel to a registered broker.</summary>
    IBrokerChannel Open(LiveBroker broker);
}
