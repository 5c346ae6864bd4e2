using Broker.Protocol;
using Broker.Protocol.Messages;
using Broker.Server.Groups.Requests;
using Broker.Server.Requests;
using Broker.Server.Security;

namespace Broker.Server.Apis;

// DeleteGroups, versions 0 to 2.
// 0: groups without members go, with their offsets. 1: as 0. 2: flexible.
// Departs from Kafka: the answer waits until the deletion is in the log, and says so when it cannot be.

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
