using Broker.Protocol;
using Broker.Server.Groups.Requests;
using Broker.Server.Groups.State;
using Broker.Storage;

namespace Broker.Server.Groups.Rules;

/// <summary>What can be looked at: OffsetFetch, DescribeGroups, ListGroups.</summary>
internal static class Views
{
    public static void Handle(Group group, FetchOffsetsRequest fetch, in Turn turn)
    {
        bool isDead = group.State == GroupState.Dead;
        IEnumerable<TopicPartition> partitions = fetch.Partitions ?? (isDead ? [] : group.Offsets.Partitions);
        turn.Effects.Answer(fetch,
            new FetchOffsetsResult(ErrorCode.None,
                [.. partitions.Select(partition => isDead ? FetchedOffset.None(partition) : OffsetOf(group, partition, fetch))]));
    }

    public static void Handle(Group group, DescribeRequest describe, in Turn turn)
    {
        bool isStable = group.State == GroupState.Stable;
        IReadOnlyList<MemberDescription> members = [.. group.Members.Select(member => new MemberDescription(
            member.Id,
            member.InstanceId,
            member.ClientId,
            member.ClientHost,
            isStable ? member.MetadataFor(group.ProtocolName) : [],
            isStable ? member.Assignment : []))];
        turn.Effects.Answer(describe, new GroupDescription(
            ErrorCode.None, GroupStates.Name(group.State), group.ProtocolType ?? "", isStable ? group.ProtocolName ?? "" : "", members));
    }

    /// <summary>A group as lists have it.</summary>
    public static GroupOverview Overview(Group group) => new(group.Id, group.ProtocolType ?? "", GroupStates.Name(group.State));

    /// <summary>An offset on its way to the log may be this one or the next: who asks for a stable one has to ask again (KIP-447).</summary>
    private static FetchedOffset OffsetOf(Group group, TopicPartition partition, FetchOffsetsRequest fetch) =>
        fetch.RequireStable && group.Offsets.IsUnderWay(partition)
            ? new FetchedOffset(partition, null, ErrorCode.UnstableOffsetCommit)
            : new FetchedOffset(partition, group.Offsets.Find(partition), ErrorCode.None);
}

/// <summary>A group in a list.</summary>
internal readonly record struct GroupOverview(string GroupId, string ProtocolType, string State);
