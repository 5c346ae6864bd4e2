using Broker.Protocol;
using Broker.Protocol.Messages;
using Broker.Server.Config;
using Broker.Server.Requests;
using Broker.Server.Security;
using Endpoint = Broker.Protocol.Messages.UpdateMetadataRequest.UpdateMetadataEndpoint;

namespace Broker.Server.Apis;

// UpdateMetadata, versions 0 to 8.
// 0: partitions with their topics' names; a broker has one plaintext address. 1: a broker has an endpoint for each security protocol. 2: racks. 3: endpoints
// have listeners' names. 4: offline replicas. 5: partitions by topic, the broker's epoch. 6: flexible. 7: topic ids. 8: whether the controller is one of
// KRaft's, and the request's type, which only KRaft uses; this broker ignores both.

/// <summary>Changes what this broker knows of the cluster.</summary>
/// <param name="apply">Applies a request whose partitions stand by topic and whose endpoints have listeners.</param>
/// <param name="authorizer">Asked for ClusterAction.</param>
internal sealed class UpdateMetadataApi(Func<UpdateMetadataRequest, ValueTask<UpdateMetadataResponse>> apply, IAuthorizer authorizer)
    : Api<UpdateMetadataRequest, UpdateMetadataResponse>
{
    private const short FirstWithEndpoints = 1;
    private const short FirstWithListeners = 3;
    private const short FirstByTopic = 5;

    protected override async ValueTask<UpdateMetadataResponse?> Handle(UpdateMetadataRequest request, RequestContext context)
    {
        if (!authorizer.AllowsClusterAction(context))
        {
            return new UpdateMetadataResponse { ErrorCode = (short)ErrorCode.ClusterAuthorizationFailed };
        }
        if (context.ApiVersion < FirstByTopic)
        {
            request.TopicStates = GroupByTopic(request.UngroupedPartitionStates);
        }
        foreach (UpdateMetadataRequest.UpdateMetadataBroker broker in request.LiveBrokers)
        {
            if (Array.Exists(broker.Endpoints, endpoint => !Enum.IsDefined((SecurityProtocol)endpoint.SecurityProtocol)))
            {
                return new UpdateMetadataResponse { ErrorCode = (short)ErrorCode.InvalidRequest };
            }
            CompleteEndpoints(broker, context.ApiVersion);
        }
        return await apply(request);
    }

    private static UpdateMetadataRequest.UpdateMetadataTopicState[] GroupByTopic(UpdateMetadataRequest.UpdateMetadataPartitionState[] partitions) =>
    [
        .. partitions.GroupBy(partition => partition.TopicName, StringComparer.Ordinal)
            .Select(topic => new UpdateMetadataRequest.UpdateMetadataTopicState { TopicName = topic.Key, PartitionStates = [.. topic] }),
    ];

    /// <summary>A listener without a name has that of its security protocol.</summary>
    private static void CompleteEndpoints(UpdateMetadataRequest.UpdateMetadataBroker broker, short version)
    {
        if (version < FirstWithEndpoints)
        {
            broker.Endpoints = [new Endpoint { Host = broker.V0Host, Port = broker.V0Port }];
        }
        if (version < FirstWithListeners)
        {
            foreach (Endpoint endpoint in broker.Endpoints)
            {
                endpoint.Listener = ListenerList.NameOf((SecurityProtocol)endpoint.SecurityProtocol);
            }
        }
    }
}
