using Broker.Protocol;
using Broker.Protocol.Messages;
using Broker.Server.Groups.Requests;
using Broker.Server.Requests;
using Broker.Server.Security;

namespace Broker.Server.Apis;

// Heartbeat, versions 0 to 4.
// 0: a member is alive. 1: throttle time. 2: as 1. 3: static members. 4: flexible. Does not depart from Kafka.

/// <summary>Keeps a member's session alive, and answers whether a rebalance is in progress.</summary>
internal sealed class HeartbeatApi(GroupApiServices services) : Api<HeartbeatRequest, HeartbeatResponse>
{
    protected override async ValueTask<HeartbeatResponse?> Handle(HeartbeatRequest request, RequestContext context)
    {
        MemberHeartbeatRequest heartbeat = new(request.GenerationId, request.MemberId, request.GroupInstanceId);
        ErrorCode error = services.MayGroup(context, AclOperation.Read, request.GroupId)
            ? await services.Coordinator.Submit(request.GroupId, heartbeat)
            : ErrorCode.GroupAuthorizationFailed;
        return new HeartbeatResponse { ThrottleTimeMs = context.ThrottleTimeMs, ErrorCode = (short)error };
    }
}
