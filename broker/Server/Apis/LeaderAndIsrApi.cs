using Broker.Protocol;
using Broker.Protocol.Messages;
using Broker.Server.Metadata;
using Broker.Server.Requests;
using Broker.Server.Security;
using PartitionError = Broker.Protocol.Messages.LeaderAndIsrResponse.LeaderAndIsrPartitionError;

namespace Broker.Server.Apis;

// LeaderAndIsr, versions 0 to 7.
// 0: partitions with their topics' names. 1: is_new. 2: partitions by topic, the broker's epoch. 3: replicas that are added and removed. 4: flexible.
// 5: topic ids, in the response instead of names. 6: recovery after an unclean election. 7: whether the controller is one of KRaft's, which this broker
// ignores.
// Departs from Kafka: a topic or partition that cannot have a folder is refused with INVALID_REQUEST; Kafka does not check the name.

/// <summary>Takes over the roles and replicas that the controller assigns.</summary>
/// <param name="apply">Applies one request after the other, away from the connection's thread, because it blocks on the disk.</param>
/// <param name="authorizer">Asked for ClusterAction.</param>
internal sealed class LeaderAndIsrApi(Func<LeaderAndIsrRequest, ValueTask<LeaderAndIsrResponse>> apply, IAuthorizer authorizer)
    : Api<LeaderAndIsrRequest, LeaderAndIsrResponse>
{
    private const short FirstWithTopicIds = 5;

    protected override async ValueTask<LeaderAndIsrResponse?> Handle(LeaderAndIsrRequest request, RequestContext context)
    {
        if (!authorizer.AllowsClusterAction(context))
        {
            return Refuse(request, ErrorCode.ClusterAuthorizationFailed, context.ApiVersion);
        }
        if (!HasFolders(request))
        {
            return Refuse(request, ErrorCode.InvalidRequest, context.ApiVersion);
        }
        LeaderAndIsrResponse response = await apply(request);
        return response.ErrorCode != 0 ? Refuse(request, (ErrorCode)response.ErrorCode, context.ApiVersion) : ForVersion(response, context.ApiVersion);
    }

    private static bool HasFolders(LeaderAndIsrRequest request) =>
        Array.TrueForAll(request.TopicStates, topic =>
            TopicNames.Problem(topic.TopicName) is null && Array.TrueForAll(topic.PartitionStates, state => state.PartitionIndex >= 0))
        && Array.TrueForAll(request.UngroupedPartitionStates, state => TopicNames.Problem(state.TopicName) is null && state.PartitionIndex >= 0);

    /// <summary>As in Kafka, each partition of a refused request has the error too.</summary>
    private static LeaderAndIsrResponse Refuse(LeaderAndIsrRequest request, ErrorCode error, short version)
    {
        PartitionError Failed(string topic, int partition) => new() { TopicName = topic, PartitionIndex = partition, ErrorCode = (short)error };
        return ForVersion(
            new LeaderAndIsrResponse
            {
                ErrorCode = (short)error,
                Topics = [.. request.TopicStates.Select(topic => new LeaderAndIsrResponse.LeaderAndIsrTopicError
                {
                    TopicId = topic.TopicId,
                    PartitionErrors = [.. topic.PartitionStates.Select(state => Failed(topic.TopicName, state.PartitionIndex))],
                })],
                PartitionErrors =
                [
                    .. request.TopicStates.SelectMany(topic => topic.PartitionStates.Select(state => Failed(topic.TopicName, state.PartitionIndex))),
                    .. request.UngroupedPartitionStates.Select(state => Failed(state.TopicName, state.PartitionIndex)),
                ],
            },
            version);
    }

    /// <summary>A version has either topics or partitions.</summary>
    private static LeaderAndIsrResponse ForVersion(LeaderAndIsrResponse response, short version)
    {
        if (version >= FirstWithTopicIds)
        {
            response.PartitionErrors = [];
        }
        else
        {
            response.Topics = [];
        }
        return response;
    }
}
