using Broker.Protocol;
using Broker.Server.Groups.State;

namespace Broker.Server.Groups.Requests;

/// <summary>JoinGroup.</summary>
internal sealed record JoinRequest : GroupRequest<JoinResult>
{
    /// <summary>Empty of a client that has none yet.</summary>
    public required string MemberId { get; init; }

    public string? InstanceId { get; init; }

    public required string ClientId { get; init; }

    public required string ClientHost { get; init; }

    public required int SessionTimeoutMs { get; init; }

    public required int RebalanceTimeoutMs { get; init; }

    public required string ProtocolType { get; init; }

    public required IReadOnlyList<MemberProtocol> Protocols { get; init; }

    /// <summary>Whether a dynamic member is given its id first and joins with it then (version 4).</summary>
    public bool NeedsKnownMemberId { get; init; }

    /// <summary>Whether the client understands SkipAssignment (version 9).</summary>
    public bool CanSkipAssignment { get; init; }

    /// <summary>The id of the member, should this make a new one.</summary>
    public required string NewMemberId { get; init; }

    public override bool CreatesGroup => MemberId.Length == 0;

    protected override JoinResult Refusal(ErrorCode error) => JoinResult.Failed(error, MemberId);

    protected override JoinResult UnknownGroup() => JoinResult.Failed(ErrorCode.UnknownMemberId, MemberId);
}

/// <summary>SyncGroup.</summary>
internal sealed record SyncRequest : GroupRequest<SyncResult>
{
    public required int Generation { get; init; }

    public required string MemberId { get; init; }

    public string? InstanceId { get; init; }

    /// <summary>Null before version 5.</summary>
    public string? ProtocolType { get; init; }

    /// <summary>Null before version 5.</summary>
    public string? ProtocolName { get; init; }

    /// <summary>By member id; the leader's only.</summary>
    public required IReadOnlyDictionary<string, byte[]> Assignments { get; init; }

    // Old clients do not expect COORDINATOR_LOAD_IN_PROGRESS here: REBALANCE_IN_PROGRESS makes them send JoinGroup again.
    protected override SyncResult Refusal(ErrorCode error) =>
        new(error == ErrorCode.CoordinatorLoadInProgress ? ErrorCode.RebalanceInProgress : error);

    protected override SyncResult UnknownGroup() => new(ErrorCode.UnknownMemberId);
}

/// <summary>Heartbeat.</summary>
internal sealed record MemberHeartbeatRequest(int Generation, string MemberId, string? InstanceId) : GroupRequest<ErrorCode>
{
    // No session runs while groups are loading: the heartbeat succeeds.
    protected override ErrorCode Refusal(ErrorCode error) => error == ErrorCode.CoordinatorLoadInProgress ? ErrorCode.None : error;

    protected override ErrorCode UnknownGroup() => ErrorCode.UnknownMemberId;
}

/// <summary>A member that leaves or is removed.</summary>
internal readonly record struct LeavingMember(string MemberId, string? InstanceId);

/// <summary>LeaveGroup.</summary>
internal sealed record LeaveRequest(IReadOnlyList<LeavingMember> Members) : GroupRequest<LeaveResult>
{
    protected override LeaveResult Refusal(ErrorCode error) => new(error, []);

    protected override LeaveResult UnknownGroup() => new(ErrorCode.None, [.. Members.Select(_ => ErrorCode.UnknownMemberId)]);
}

/// <summary>The answer to a LeaveGroup: an error of the whole, and one for each member in order (none where the whole has failed).</summary>
internal sealed record LeaveResult(ErrorCode Error, IReadOnlyList<ErrorCode> Members);
