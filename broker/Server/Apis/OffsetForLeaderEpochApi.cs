using Broker.Protocol;
using Broker.Protocol.Messages;
using Broker.Server.Metadata;
using Broker.Server.Partitions;
using Broker.Server.Requests;
using Broker.Server.Security;
using Broker.Storage.Logs;

namespace Broker.Server.Apis;

// OffsetForLeaderEpoch, versions 0 to 4.
// 0: end offsets. 1: the leader epoch that the end offset belongs to. 2: the client's current leader epoch is checked; throttle time. 3: the id of the replica
// that asks. 4: flexible.
// A client without ClusterAction on the cluster needs Describe on each topic (KIP-320). Does not depart from Kafka.

/// <summary>Answers at which offsets leader epochs end; clients and followers use it to detect that a log was truncated (KIP-101).</summary>
internal sealed class OffsetForLeaderEpochApi(DataServices services) : Api<OffsetForLeaderEpochRequest, OffsetForLeaderEpochResponse>
{
    protected override ValueTask<OffsetForLeaderEpochResponse?> Handle(OffsetForLeaderEpochRequest request, RequestContext context)
    {
        ClusterImage image = services.Metadata.Current;
        bool mayActForCluster = services.Authorizer.AllowsClusterAction(context);
        OffsetForLeaderEpochResponse response = new()
        {
            ThrottleTimeMs = context.ThrottleTimeMs,
            Topics = new OffsetForLeaderEpochResponse.OffsetForLeaderTopicResult[request.Topics.Length],
        };
        for (int t = 0; t < request.Topics.Length; t++)
        {
            OffsetForLeaderEpochRequest.OffsetForLeaderTopic topic = request.Topics[t];
            bool allowed = mayActForCluster || services.MayTopic(context, AclOperation.Describe, topic.Topic);
            response.Topics[t] = new()
            {
                Topic = topic.Topic,
                Partitions = Array.ConvertAll(topic.Partitions, p => Answer(image, topic.Topic, p, allowed)),
            };
        }

        return new ValueTask<OffsetForLeaderEpochResponse?>(response);
    }

    private OffsetForLeaderEpochResponse.EpochEndOffset Answer(
        ClusterImage image, string topic, OffsetForLeaderEpochRequest.OffsetForLeaderPartition asked, bool allowed)
    {
        (ErrorCode error, EpochEnd end) = allowed ? Find(image, topic, asked) : (ErrorCode.TopicAuthorizationFailed, EpochEnd.Undefined);
        return new() { Partition = asked.Partition, ErrorCode = (short)error, LeaderEpoch = end.Epoch, EndOffset = end.EndOffset };
    }

    private (ErrorCode Error, EpochEnd End) Find(ClusterImage image, string topic, OffsetForLeaderEpochRequest.OffsetForLeaderPartition asked)
    {
        if (services.Partitions.Find(topic, asked.Partition) is { } partition)
        {
            return partition.EndOfEpoch(asked.CurrentLeaderEpoch, asked.LeaderEpoch);
        }

        bool known = image.Partition(topic, asked.Partition) is not null;
        return (known ? ErrorCode.NotLeaderOrFollower : ErrorCode.UnknownTopicOrPartition, EpochEnd.Undefined);
    }
}
