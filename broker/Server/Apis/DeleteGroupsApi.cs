using Broker.Protocol;
using Broker.Protocol.Messages;
using Broker.Server.Groups.Requests;
using Broker.Server.Requests;
using Broker.Server.Security;

namespace Broker.Server.Apis;

// DeleteGroups, versions 0 to 2.
// 0: deletes groups without members, and their offsets. 1: as 0. 2: flexible.
// Departs from Kafka: the response waits until the deletion is in the log, and holds an error when it cannot be appended.

/// <summary>Deletes groups that have no members.</summary>
internal sealed class DeleteGroupsApi(GroupApiServices services) : Api<DeleteGroupsRequest, DeleteGroupsResponse>
{
    protected override async ValueTask<DeleteGroupsResponse?> Handle(DeleteGroupsRequest request, RequestContext context)
    {
        List<DeleteGroupsResponse.DeletableGroupResult> results = new();
        foreach (string groupId in request.GroupsNames.Distinct(StringComparer.Ordinal))
        {
            ErrorCode error = services.MayGroup(context, AclOperation.Delete, groupId)
                ? await services.Coordinator.Submit(groupId, new DeleteGroupRequest())
                : ErrorCode.GroupAuthorizationFailed;
            results.Add(new DeleteGroupsResponse.DeletableGroupResult { GroupId = groupId, ErrorCode = (short)error });
        }

        return new DeleteGroupsResponse { ThrottleTimeMs = context.ThrottleTimeMs, Results = [.. results] };
    }
}
