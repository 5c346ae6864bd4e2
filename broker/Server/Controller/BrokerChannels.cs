using Broker.Protocol.Messages;

namespace Broker.Server.Controller;

/// <summary>
/// Carries the controller's requests to one broker, one after the other. In process it is a call; over the wire a connection that tries
/// again until it is disposed.
/// </summary>
internal interface IBrokerChannel : IAsyncDisposable
{
    /// <summary>Sends LeaderAndIsr: which replicas lead and follow.</summary>
    ValueTask<LeaderAndIsrResponse> Send(LeaderAndIsrRequest request);

    /// <summary>Sends UpdateMetadata: brokers, leaders and deleted topics.</summary>
    ValueTask<UpdateMetadataResponse> Send(UpdateMetadataRequest request);

    /// <summary>Sends StopReplica: replicas to stop, and whether to delete them.</summary>
    ValueTask<StopReplicaResponse> Send(StopReplicaRequest request);
}

/// <summary>Opens channels to brokers.</summary>
internal interface IBrokerChannels
{
    /// <summary>Opens the channel to a registered broker.</summary>
    IBrokerChannel Open(LiveBroker broker);
}
