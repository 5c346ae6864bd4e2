using Broker.Protocol;
using Broker.Protocol.Messages;
using Broker.Server.Groups.Requests;
using Broker.Server.Groups.State;
using Broker.Server.Requests;
using Broker.Server.Security;

namespace Broker.Server.Apis;

// SyncGroup, versions 0 to 5.
// 0: the leader sends all assignments; each member gets its own. 1: throttle time. 2: as 1. 3: static members. 4: flexible. 5: protocol type and name in
// request and response; the request's must be those of the generation (INCONSISTENT_GROUP_PROTOCOL). The broker answers when the assignment is in the log.
// Does not depart from Kafka.

/// <summary>Receives all assignments from the group's leader, and sends each member its own.</summary>
internal sealed class SyncGroupApi(GroupApiServices services) : Api<SyncGroupRequest, SyncGroupResponse>
{
    private const short FirstWithProtocol = 5;

    protected override async ValueTask<SyncGroupResponse?> Handle(SyncGroupRequest request, RequestContext context)
    {
        SyncResult result = Check(request, context) is var error and not ErrorCode.None
            ? new SyncResult(error)
            : await services.Coordinator.Submit(request.GroupId, ToSync(request));
        return new SyncGroupResponse
        {
            ThrottleTimeMs = context.ThrottleTimeMs,
            ErrorCode = (short)result.Error,
            ProtocolType = result.ProtocolType,
            ProtocolName = result.ProtocolName,
            Assignment = result.Assignment,
        };
    }

    private ErrorCode Check(SyncGroupRequest request, RequestContext context)
    {
        bool namesProtocol = context.ApiVersion < FirstWithProtocol || (request.ProtocolType is not null && request.ProtocolName is not null);
        if (!namesProtocol)
        {
            return ErrorCode.InconsistentGroupProtocol;
        }
        return services.MayGroup(context, AclOperation.Read, request.GroupId) ? ErrorCode.None : ErrorCode.GroupAuthorizationFailed;
    }

    private static SyncRequest ToSync(SyncGroupRequest request)
    {
        Dictionary<string, byte[]> assignments = new(StringComparer.Ordinal);
        foreach (SyncGroupRequest.SyncGroupRequestAssignment assignment in request.Assignments)
        {
            assignments[assignment.MemberId] = assignment.Assignment;
        }
        return new SyncRequest
        {
            Generation = request.GenerationId,
            MemberId = request.MemberId,
            InstanceId = request.GroupInstanceId,
            ProtocolType = request.ProtocolType,
            ProtocolName = request.ProtocolName,
            Assignments = assignments,
        };
    }
}
