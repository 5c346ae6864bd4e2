using Broker.Server.Metadata;
using Broker.Server.Requests;
using Microsoft.Extensions.Logging;

namespace Broker.Server.Apis;

/// <summary>The handlers of groups.</summary>
internal static class GroupApis
{
    /// <param name="services">What they share.</param>
    /// <param name="topics">Makes the topic of committed offsets.</param>
    /// <param name="logger">The groups'.</param>
    public static IEnumerable<Api> Of(GroupApiServices services, TopicCreation topics, ILogger logger) =>
    [
        new FindCoordinatorApi(services, topics, logger),
        new JoinGroupApi(services),
        new SyncGroupApi(services),
        new HeartbeatApi(services),
        new LeaveGroupApi(services),
        new OffsetCommitApi(services),
        new OffsetFetchApi(services),
        new OffsetDeleteApi(services),
        new ListGroupsApi(services),
        new DescribeGroupsApi(services),
        new DeleteGroupsApi(services),
    ];
}
