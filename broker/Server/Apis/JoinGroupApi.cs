using System.Net;
using Broker.Protocol;
using Broker.Protocol.Messages;
using Broker.Server.Groups.Requests;
using Broker.Server.Groups.State;
using Broker.Server.Requests;
using Broker.Server.Security;
using Broker.Storage;

namespace Broker.Server.Apis;

// JoinGroup, versions 0 to 9.
// 0: the session time-out is the rebalance time-out, too. 1: a rebalance time-out of its own. 2: throttle time. 3: as 2. 4: a dynamic member first gets a
// member id (MEMBER_ID_REQUIRED) and then joins with it. 5: static members. 6: flexible. 7: the protocol type in the response, whose protocol name may be null.
// 8: the client's reason, which the broker ignores. 9: the response may have a returning static leader skip the assignment (skip_assignment).
// The broker answers when the group's next generation begins. Does not depart from Kafka.

/// <summary>Adds a member to its group's next generation.</summary>
internal sealed class JoinGroupApi(GroupApiServices services) : Api<JoinGroupRequest, JoinGroupResponse>
{
    private const short FirstWithRebalanceTimeout = 1;
    private const short FirstWithKnownMemberId = 4;
    private const short FirstWithNullProtocol = 7;
    private const short FirstWithSkipAssignment = 9;

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

    private JoinRequest ToJoin(JoinGroupRequest request, RequestContext context) => new()
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
        CanSkipAssignment = context.ApiVersion >= FirstWithSkipAssignment,
        NewMemberId = $"{request.GroupInstanceId ?? context.ClientId}-{services.Random.NextUuid()}",
    };

    /// <summary>The address as Java prints one without a host name, which is what Kafka's tools show: <c>/127.0.0.1</c>.</summary>
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
