using Broker.Protocol;
using Broker.Server.Groups.State;
using Broker.Storage;

namespace Broker.Server.Groups.Requests;

/// <summary>One offset to commit.</summary>
internal readonly record struct OffsetToCommit(TopicPartition Partition, CommittedOffset Offset);

/// <summary>OffsetCommit: an error for each offset, in order.</summary>
internal sealed record CommitRequest(int Generation, string MemberId, string? InstanceId, IReadOnlyList<OffsetToCommit> Offsets)
    : GroupRequest<IReadOnlyList<ErrorCode>>
{
    public override bool AllowsEmptyGroupId => true;

    // A request without a generation does not come from a member: the group only keeps offsets.
    public override bool CreatesGroup => Generation < 0;

    /// <summary>The same error for all.</summary>
    public IReadOnlyList<ErrorCode> All(ErrorCode error) => [.. Offsets.Select(_ => error)];

    protected override IReadOnlyList<ErrorCode> Refusal(ErrorCode error) => All(error);

    protected override IReadOnlyList<ErrorCode> UnknownGroup() => All(ErrorCode.IllegalGeneration);
}

/// <summary>OffsetFetch of one group; null partitions are all that are committed.</summary>
internal sealed record FetchOffsetsRequest(IReadOnlyList<TopicPartition>? Partitions, bool RequireStable) : GroupRequest<FetchOffsetsResult>
{
    public override bool AllowsEmptyGroupId => true;

    protected override FetchOffsetsResult Refusal(ErrorCode error) => new(error, []);

    protected override FetchOffsetsResult UnknownGroup() => new(ErrorCode.None, [.. (Partitions ?? []).Select(FetchedOffset.None)]);
}

/// <summary>The answer to a <see cref="FetchOffsetsRequest"/>.</summary>
internal sealed record FetchOffsetsResult(ErrorCode Error, IReadOnlyList<FetchedOffset> Offsets);

/// <summary>A partition's committed offset; null is none.</summary>
internal readonly record struct FetchedOffset(TopicPartition Partition, CommittedOffset? Offset, ErrorCode Error)
{
    public static FetchedOffset None(TopicPartition partition) => new(partition, null, ErrorCode.None);
}

/// <summary>OffsetDelete.</summary>
internal sealed record DeleteOffsetsRequest(IReadOnlyList<TopicPartition> Partitions) : GroupRequest<DeleteOffsetsResult>
{
    protected override DeleteOffsetsResult Refusal(ErrorCode error) => new(error, []);

    protected override DeleteOffsetsResult UnknownGroup() => new(ErrorCode.GroupIdNotFound, []);
}

/// <summary>The answer to an OffsetDelete: an error of the whole, or one for each partition in order.</summary>
internal sealed record DeleteOffsetsResult(ErrorCode Error, IReadOnlyList<ErrorCode> Partitions);

/// <summary>DeleteGroups, of one group.</summary>
internal sealed record DeleteGroupRequest : GroupRequest<ErrorCode>
{
    public override bool AllowsEmptyGroupId => true;

    protected override ErrorCode Refusal(ErrorCode error) => error;

    protected override ErrorCode UnknownGroup() => ErrorCode.GroupIdNotFound;
}

/// <summary>DescribeGroups, of one group.</summary>
internal sealed record DescribeRequest : GroupRequest<GroupDescription>
{
    public override bool AllowsEmptyGroupId => true;

    protected override GroupDescription Refusal(ErrorCode error) => new(error, "", "", "", []);

    protected override GroupDescription UnknownGroup() => new(ErrorCode.None, GroupStates.Name(GroupState.Dead), "", "", []);
}

/// <summary>A group for people to look at.</summary>
internal sealed record GroupDescription(ErrorCode Error, string State, string ProtocolType, string Protocol, IReadOnlyList<MemberDescription> Members);

/// <summary>A member for people to look at; bytes are empty unless the group is stable.</summary>
internal sealed record MemberDescription(string MemberId, string? InstanceId, string ClientId, string ClientHost, byte[] Metadata, byte[] Assignment);
