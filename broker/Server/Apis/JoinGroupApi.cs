using System.Net;
using Broker.Protocol;
using Broker.Protocol.Messages;
using Broker.Server.Groups.Requests;
using Broker.Server.Groups.State;
using Broker.Server.Requests;
using Broker.Server.Security;

namespace Broker.Server.Apis;

// JoinGroup, versions 0 to 9.
// 0: the rebalance time-out is the session's. 1: its own rebalance time-out. 2: throttle time. 3: as 2. 4: a dynamic member is given its id first
// (MEMBER_ID_REQUIRED) and joins with it. 5: static members. 6: flexible. 7: the protocol's type in the answer, whose protocol name may be null. 8: the
// client's reason, which is only for people and not kept. 9: a returning static leader may be told to skip the assignment. The answer comes when the generation
// is made. Does not depart from Kafka.

/// <summary>Brings a member into its group's next generation.</summary>
internal sealed class JoinGroupApi(GroupApiServices services) : Api<JoinGroupRequest, JoinGroupResponse>
{
    private const short FirstWithRebalanceTimeout = 1;
    private const short FirstWithKnownMemberId = 4;
    private const short FirstWithNullProtocol = 7;
    private const short FirstWithSkipping = 9;

    protected override async ValueTask<JoinGroupResponse?> Handle(JoinGroupRequest request, RequestContext context)
    {
        JoinResult result = Check(request, context) is var error and not ErrorCode.None
            ? JoinResult.Failed(error, request.MemberId)
            : await services.Coordinator.Submit(request.GroupId, ToJoin(request, context));
        return ToResponse(result, context);
    }

    private ErrorCode Check(JoinGroupRequest request, RequestContext context)
    {
        if (!services.MayGroup(context, AclOperation.Read, request.GroupId))
        {
            return ErrorCode.GroupAuthorizationFailed;
        }
        if (request.GroupId.Length == 0)
        {
            return ErrorCode.InvalidGroupId;
        }
        GroupLimits limits = services.Coordinator.Limits;
        return request.SessionTimeoutMs < limits.MinSessionTimeoutMs || request.SessionTimeoutMs > limits.MaxSessionTimeoutMs
            ? ErrorCode.InvalidSessionTimeout
            : ErrorCode.None;
    }

    private static JoinRequest ToJoin(JoinGroupRequest request, RequestContext context) => new()
    {
        MemberId = request.MemberId,
        InstanceId = request.GroupInstanceId,
        ClientId = context.ClientId,
        ClientHost = HostOf(context.ClientAddress),
        SessionTimeoutMs = request.SessionTimeoutMs,
        RebalanceTimeoutMs = context.ApiVersion < FirstWithRebalanceTimeout ? request.SessionTimeoutMs : request.RebalanceTimeoutMs,
        ProtocolType = request.ProtocolType,
        Protocols = [.. request.Protocols.Select(protocol => new MemberProtocol(protocol.Name, protocol.Metadata))],
        NeedsKnownMemberId = context.ApiVersion >= FirstWithKnownMemberId,
        CanSkipAssignment = context.ApiVersion >= FirstWithSkipping,
        NewMemberId = $"{request.GroupInstanceId ?? context.ClientId}-{Guid.NewGuid()}",
    };

    /// <summary>As Java prints an address without a name.</summary>
    private static string HostOf(IPAddress address) => "/" + (address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address);

    private static JoinGroupResponse ToResponse(JoinResult result, RequestContext context) => new()
    {
        ThrottleTimeMs = context.ThrottleTimeMs,
        ErrorCode = (short)result.Error,
        GenerationId = result.Generation,
        ProtocolType = result.ProtocolType,
        ProtocolName = context.ApiVersion < FirstWithNullProtocol ? result.ProtocolName ?? "" : result.ProtocolName,
        Leader = result.LeaderId,
        SkipAssignment = result.SkipAssignment,
        MemberId = result.MemberId,
        Members = [.. result.Members.Select(member => new JoinGroupResponse.JoinGroupResponseMember
        {
            MemberId = member.MemberId,
            GroupInstanceId = member.InstanceId,
            Metadata = member.Metadata,
        })],
    };
}
