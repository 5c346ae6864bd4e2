using Broker.Protocol;
using Broker.Server.Groups.Requests;
using Broker.Server.Groups.State;
using Broker.Storage;

namespace Broker.Server.Groups.Rules;

/// <summary>Requests that only read: OffsetFetch, DescribeGroups, ListGroups.</summary>
internal static class Views
{
    public static void Handle(Group group, FetchOffsetsRequest fetch, in EventContext context)
    {
        bool isDead = group.State == GroupState.Dead;
        IEnumerable<TopicPartition> partitions = fetch.Partitions ?? (isDead ? [] : group.Offsets.Partitions);
        context.Effects.Answer(fetch,
            new FetchOffsetsResult(ErrorCode.None,
                [.. partitions.Select(partition => isDead ? FetchedOffset.None(partition) : OffsetOf(group, partition, fetch))]));
    }

    public static void Handle(Group group, DescribeRequest describe, in EventContext context)
    {
        bool isStable = group.State == GroupState.Stable;
        IReadOnlyList<MemberDescription> members = [.. group.Members.Select(member => new MemberDescription(
            member.Id,
            member.InstanceId,
            member.ClientId,
            member.ClientHost,
            isStable ? member.MetadataFor(group.ProtocolName) : [],
            isStable ? member.Assignment : []))];
        context.Effects.Answer(describe, new GroupDescription(
            ErrorCode.None, GroupStates.Name(group.State), group.ProtocolType ?? "", isStable ? group.ProtocolName ?? "" : "", members));
    }

    /// <summary>The entry of a group in ListGroups.</summary>
    public static GroupOverview Overview(Group group) => new(group.Id, group.ProtocolType ?? "", GroupStates.Name(group.State));

    /// <summary>While a commit is being appended the offset is unstable: a client that requires a stable one must retry (KIP-447).</summary>
    private static FetchedOffset OffsetOf(Group group, TopicPartition partition, FetchOffsetsRequest fetch) =>
        fetch.RequireStable && group.Offsets.IsPending(partition)
            ? new FetchedOffset(partition, null, ErrorCode.UnstableOffsetCommit)
            : new FetchedOffset(partition, group.Offsets.Find(partition), ErrorCode.None);
}

/// <summary>An entry of ListGroups.</summary>
internal readonly record struct GroupOverview(string GroupId, string ProtocolType, string State);
