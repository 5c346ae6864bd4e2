using Broker.Protocol.Messages;

namespace Broker.Server.Controller;

/// <summary>
/// The way to one broker for the controller's requests, which are sent one after the other. In process it is a call; over the wire a connection that tries
/// again until it is disposed.
/// </summary>
internal interface IBrokerChannel : IAsyncDisposable
{
    /// <summary>Tells which replicas lead and follow.</summary>
    ValueTask<LeaderAndIsrResponse> Send(LeaderAndIsrRequest request);

    /// <summary>Tells brokers, leaders and deleted topics.</summary>
    ValueTask<UpdateMetadataResponse> Send(UpdateMetadataRequest request);

    /// <summary>Stops replicas, and deletes those that say so.</summary>
    ValueTask<StopReplicaResponse> Send(StopReplicaRequest request);
}

/// <summary>Opens ways to brokers.</summary>
internal interface IBrokerChannels
{
    /// <summary>Opens the way to a broker that has registered.</summary>
    IBrokerChannel Open(LiveBroker broker);
}
