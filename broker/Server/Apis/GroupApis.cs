using Broker.Server.Metadata;
using Broker.Server.Requests;
using Microsoft.Extensions.Logging;

namespace Broker.Server.Apis;

/// <summary>The handlers of the group APIs.</summary>
internal static class GroupApis
{
    /// <param name="services">What the handlers share.</param>
    /// <param name="topics">Creates the topic __consumer_offsets.</param>
    /// <param name="logger">Logs refused transactional ids.</param>
    public static IEnumerable<Api> Of(GroupApiServices services, AutomaticCreation topics, ILogger logger) =>
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
