using Broker.Protocol;
using Broker.Protocol.Messages;
using Broker.Server.InterBroker;
using Broker.Server.Metadata;
using Broker.Server.Scheduling;

namespace Broker.Server.Controller;

/// <summary>The core of a broker that a controller's requests go to, over the wire or in process.</summary>
/// <param name="leaderAndIsr">Takes over roles and replicas; may block on the disk.</param>
/// <param name="stopReplica">Stops and deletes replicas; may block on the disk.</param>
/// <param name="disk">Runs both, one at a time, in the order of the requests.</param>
/// <param name="brokerEpoch">The epoch of the broker's present registration.</param>
internal sealed class LocalBroker(
    Func<LeaderAndIsrRequest, LeaderAndIsrResponse> leaderAndIsr,
    Func<StopReplicaRequest, StopReplicaResponse> stopReplica,
    IBlockingWork disk,
    MetadataCache metadata,
    TopicConfigs configs,
    Func<long> brokerEpoch) : IBrokerChannel
{
    public async ValueTask<LeaderAndIsrResponse> Send(LeaderAndIsrRequest request, CancellationToken cancellation)
    {
        foreach (LeaderAndIsrRequest.LeaderAndIsrTopicState topic in request.TopicStates)
        {
            await configs.Learn(topic.TopicName, topic.TopicId, topic.PartitionStates.Any(partition => partition.IsNew));
        }

        return await OnDisk(() => leaderAndIsr(request));
    }

    public ValueTask<UpdateMetadataResponse> Send(MetadataUpdate update, CancellationToken cancellation)
    {
        UpdateMetadataRequest request = update.Request;
        if (request.BrokerEpoch >= 0 && request.BrokerEpoch < brokerEpoch())
        {
            return ValueTask.FromResult(new UpdateMetadataResponse { ErrorCode = (short)ErrorCode.StaleBrokerEpoch });
        }
        UpdateMetadataResponse response = metadata.Apply(request);
        // A refused request says nothing: the topic may be too new for this broker's metadata.
        if (response.ErrorCode == 0)
        {
            foreach (UpdateMetadataRequest.UpdateMetadataTopicState topic in request.TopicStates.Where(t => metadata.Current.Topic(t.TopicName) is null))
            {
                configs.Forget(topic.TopicName);
            }
        }

        return ValueTask.FromResult(response);
    }

    public ValueTask<StopReplicaResponse> Send(StopReplicaRequest request, CancellationToken cancellation) => new(OnDisk(() => stopReplica(request)));

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    /// <exception cref="BrokerUnreachableException">The broker stops, and its logs are being closed.</exception>
    private async Task<T> OnDisk<T>(Func<T> work)
    {
        try
        {
            return await disk.Run(work);
        }
        catch (ObjectDisposedException)
        {
            throw new BrokerUnreachableException("this broker", 0, "it stops");
        }
    }
}
