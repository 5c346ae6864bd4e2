using Broker.Protocol;

namespace Broker.Server.Groups.State;

/// <summary>The answer to a SyncGroup.</summary>
internal sealed record SyncResult(ErrorCode Error)
{
    public string? ProtocolType { get; init; }

    public string? ProtocolName { get; init; }

    public byte[] Assignment { get; init; } = [];
}
