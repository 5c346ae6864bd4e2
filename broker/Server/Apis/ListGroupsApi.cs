using Broker.Protocol;
using Broker.Protocol.Messages;
using Broker.Server.Groups.Rules;
using Broker.Server.Groups.State;
using Broker.Server.Requests;
using Broker.Server.Security;

namespace Broker.Server.Apis;

// ListGroups, versions 0 to 5.
// 0: the groups that this broker coordinates. 1: throttle time. 2: as 1. 3: flexible. 4: states, and a filter by state. 5: types, and a filter by type; the
// type of every group here is "classic".
// Filters ignore case. A client that may not describe the cluster gets only the groups that it may describe. Does not depart from Kafka.

/// <summary>Lists the groups that this broker coordinates.</summary>
internal sealed class ListGroupsApi(GroupApiServices services) : Api<ListGroupsRequest, ListGroupsResponse>
{
    private const string Classic = "classic";

    protected override async ValueTask<ListGroupsResponse?> Handle(ListGroupsRequest request, RequestContext context)
    {
        (ErrorCode error, IReadOnlyList<GroupOverview> groups) = await services.Coordinator.List();
        bool seesAll = services.Authorizer.Allows(context, AclOperation.Describe, ResourceType.Cluster, AuthorizedOperations.ClusterName);
        return new ListGroupsResponse
        {
            ThrottleTimeMs = context.ThrottleTimeMs,
            ErrorCode = (short)error,
            Groups = [.. groups
                .Where(group => Passes(request.StatesFilter, group.State) && Passes(request.TypesFilter, Classic))
                .Where(group => seesAll || services.MayGroup(context, AclOperation.Describe, group.GroupId))
                .Select(group => new ListGroupsResponse.ListedGroup
                {
                    GroupId = group.GroupId,
                    ProtocolType = group.ProtocolType,
                    GroupState = group.State,
                    GroupType = Classic,
                })],
        };
    }

    private static bool Passes(string[] filter, string value) => filter.Length == 0 || filter.Contains(value, StringComparer.OrdinalIgnoreCase);
}
