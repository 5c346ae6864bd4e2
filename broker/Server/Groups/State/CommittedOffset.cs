namespace Broker.Server.Groups.State;

/// <summary>What a group has committed of one partition.</summary>
/// <param name="Offset">The next offset to read.</param>
/// <param name="LeaderEpoch">Of the last record read; -1 unknown.</param>
/// <param name="Metadata">The group's note.</param>
/// <param name="CommitMs">Epoch ms.</param>
/// <param name="ExpireMs">Epoch ms; null goes by the broker's retention. Only clients of before 2.1 ask for one.</param>
internal sealed record CommittedOffset(long Offset, int LeaderEpoch, string Metadata, long CommitMs, long? ExpireMs = null)
{
    /// <summary>Where its record lies: of two commits the one appended later holds.</summary>
    public long AppendedAt { get; init; } = -1;
}
