using Broker.Protocol;
using Broker.Protocol.Messages;
using Broker.Server.Groups.Requests;
using Broker.Server.Groups.State;
using Broker.Server.Requests;
using Broker.Server.Security;

namespace Broker.Server.Apis;

// DescribeGroups, versions 0 to 5.
// 0: state, protocol and members. 1: throttle time. 2: as 1. 3: what the client may do with the group. 4: static members' names. 5: flexible.
// A group that does not exist has the state "Dead" and no error. Members' metadata and assignments are filled in only while the group is stable.
// Does not depart from Kafka.

/// <summary>Describes the state and the members of groups.</summary>
internal sealed class DescribeGroupsApi(GroupApiServices services) : Api<DescribeGroupsRequest, DescribeGroupsResponse>
{
    protected override async ValueTask<DescribeGroupsResponse?> Handle(DescribeGroupsRequest request, RequestContext context)
    {
        DescribeGroupsResponse.DescribedGroup[] groups = new DescribeGroupsResponse.DescribedGroup[request.Groups.Length];
        for (int i = 0; i < groups.Length; i++)
        {
            groups[i] = await Describe(request.Groups[i], request.IncludeAuthorizedOperations, context);
        }
        return new DescribeGroupsResponse { ThrottleTimeMs = context.ThrottleTimeMs, Groups = groups };
    }

    private async ValueTask<DescribeGroupsResponse.DescribedGroup> Describe(string groupId, bool includeOperations, RequestContext context)
    {
        if (!services.MayGroup(context, AclOperation.Describe, groupId))
        {
            return new DescribeGroupsResponse.DescribedGroup { GroupId = groupId, ErrorCode = (short)ErrorCode.GroupAuthorizationFailed };
        }
        GroupDescription group = await services.Coordinator.Submit(groupId, new DescribeRequest());
        return new DescribeGroupsResponse.DescribedGroup
        {
            ErrorCode = (short)group.Error,
            GroupId = groupId,
            GroupState = group.State,
            ProtocolType = group.ProtocolType,
            ProtocolData = group.Protocol,
            Members = [.. group.Members.Select(ToMember)],
            AuthorizedOperations = includeOperations && group.Error == ErrorCode.None
                ? AuthorizedOperations.Of(services.Authorizer, context, ResourceType.Group, groupId)
                : AuthorizedOperations.NotAsked,
        };
    }

    private static DescribeGroupsResponse.DescribedGroupMember ToMember(MemberDescription member) => new()
    {
        MemberId = member.MemberId,
        GroupInstanceId = member.InstanceId,
        ClientId = member.ClientId,
        ClientHost = member.ClientHost,
        MemberMetadata = member.Metadata,
        MemberAssignment = member.Assignment,
    };
}
