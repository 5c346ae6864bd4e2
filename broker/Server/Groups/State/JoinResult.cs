using Broker.Protocol;

namespace Broker.Server.Groups.State;

/// <summary>The answer to a JoinGroup.</summary>
internal sealed record JoinResult(ErrorCode Error, string MemberId)
{
    public int Generation { get; init; } = -1;

    public string? ProtocolType { get; init; }

    public string? ProtocolName { get; init; }

    public string LeaderId { get; init; } = "";

    public bool SkipAssignment { get; init; }

    /// <summary>For the leader only.</summary>
    public IReadOnlyList<JoinedMember> Members { get; init; } = [];

    public static JoinResult Failed(ErrorCode error, string memberId) => new(error, memberId);
}

/// <summary>A member in the answer to the leader.</summary>
internal readonly record struct JoinedMember(string MemberId, string? InstanceId, byte[] Metadata);
