using Broker.Protocol;
using Broker.Protocol.Messages;
using Broker.Server.Groups.Requests;
using Broker.Server.Requests;
using Broker.Server.Security;

namespace Broker.Server.Apis;

// LeaveGroup, versions 0 to 5.
// 0: one member, whose error is the response's error. 1: throttle time. 2: as 1. 3: many members, with an error for each; the group instance id alone names a
// static member. 4: flexible. 5: a reason for each member, which the broker ignores. Does not depart from Kafka.

/// <summary>Removes members from a group.</summary>
internal sealed class LeaveGroupApi(GroupApiServices services) : Api<LeaveGroupRequest, LeaveGroupResponse>
{
    private const short FirstWithMembers = 3;

    protected override async ValueTask<LeaveGroupResponse?> Handle(LeaveGroupRequest request, RequestContext context)
    {
        LeavingMember[] leaving = context.ApiVersion < FirstWithMembers
            ? [new LeavingMember(request.MemberId, InstanceId: null)]
            : [.. request.Members.Select(member => new LeavingMember(member.MemberId, member.GroupInstanceId))];
        LeaveResult result = services.MayGroup(context, AclOperation.Read, request.GroupId)
            ? await services.Coordinator.Submit(request.GroupId, new LeaveRequest(leaving))
            : new LeaveResult(ErrorCode.GroupAuthorizationFailed, []);
        return context.ApiVersion < FirstWithMembers ? ToSingle(result, context) : ToMany(result, leaving, context);
    }

    private static LeaveGroupResponse ToSingle(LeaveResult result, RequestContext context) => new()
    {
        ThrottleTimeMs = context.ThrottleTimeMs,
        ErrorCode = (short)(result.Error != ErrorCode.None ? result.Error : result.Members[0]),
    };

    private static LeaveGroupResponse ToMany(LeaveResult result, LeavingMember[] leaving, RequestContext context) => new()
    {
        ThrottleTimeMs = context.ThrottleTimeMs,
        ErrorCode = (short)result.Error,
        Members = [.. result.Members.Select((error, i) => new LeaveGroupResponse.MemberResponse
        {
            MemberId = leaving[i].MemberId,
            GroupInstanceId = leaving[i].InstanceId,
            ErrorCode = (short)error,
        })],
    };
}
