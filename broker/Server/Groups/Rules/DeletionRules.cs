using Broker.Protocol;
using Broker.Server.Groups.Offsets;
using Broker.Server.Groups.Requests;
using Broker.Server.Groups.State;
using Broker.Storage;

namespace Broker.Server.Groups.Rules;

/// <summary>Deletes offsets and groups: on request, by age, and when their topics are deleted.</summary>
internal static class DeletionRules
{
    public static void Handle(Group group, DeleteGroupRequest delete, in EventContext context)
    {
        if (group.State != GroupState.Empty)
        {
            context.Effects.Answer(delete, group.State == GroupState.Dead ? ErrorCode.GroupIdNotFound : ErrorCode.NonEmptyGroup);
            return;
        }

        Remove(group, [.. group.Offsets.Partitions], error => delete.Reply.Give(error), context, alsoGroup: true);
    }

    public static void Handle(Group group, DeleteOffsetsRequest delete, in EventContext context)
    {
        ErrorCode error = group.State switch
        {
            GroupState.Dead => ErrorCode.GroupIdNotFound,
            GroupState.Empty => ErrorCode.None,
            _ => group.IsConsumerGroup ? ErrorCode.None : ErrorCode.NonEmptyGroup,
        };
        if (error != ErrorCode.None)
        {
            context.Effects.Answer(delete, new DeleteOffsetsResult(error, []));
            return;
        }

        bool IsFree(TopicPartition partition) => group.State == GroupState.Empty || group.SubscribedTopics?.Contains(partition.Topic) == false;
        List<TopicPartition> free = [.. delete.Partitions.Where(IsFree)];
        if (free.Count == 0)
        {
            context.Effects.Answer(delete, Result(delete, free, ErrorCode.None));
        }
        else
        {
            Remove(group, free, stored => delete.Reply.Give(Result(delete, free, stored)), context);
        }
    }

    /// <summary>Deletes expired offsets, and the group itself when it has neither members nor offsets.</summary>
    public static void Expire(Group group, in EventContext context)
    {
        List<TopicPartition> expired = [.. Expired(group, context)];
        if (expired.Count > 0)
        {
            context.Effects.Note(group, GroupIncidentKind.OffsetsExpired, "", expired.Count);
        }
        Remove(group, expired, answer: null, context);
    }

    /// <summary>Deletes the offsets of deleted topics.</summary>
    public static void Forget(Group group, IReadOnlySet<string> topics, in EventContext context) =>
        Remove(group, [.. group.Offsets.Partitions.Where(partition => topics.Contains(partition.Topic))], answer: null, context);

    private static DeleteOffsetsResult Result(DeleteOffsetsRequest delete, List<TopicPartition> free, ErrorCode stored)
    {
        HashSet<TopicPartition> deleted = [.. free];
        return new DeleteOffsetsResult(
            ErrorCode.None, [.. delete.Partitions.Select(partition => deleted.Contains(partition) ? stored : ErrorCode.GroupSubscribedToTopic)]);
    }

    /// <summary>
    /// Appends tombstones for what is deleted. A group that never had a generation has no record of its own. Without tombstones it answers at once.
    /// </summary>
    private static void Remove(
        Group group, IReadOnlyCollection<TopicPartition> partitions, Action<ErrorCode>? answer, in EventContext context, bool alsoGroup = false)
    {
        List<LogRecord> tombstones = [];
        foreach (TopicPartition partition in partitions)
        {
            if (group.Offsets.Remove(partition))
            {
                tombstones.Add(OffsetsTopic.NoOffset(group.Id, partition));
            }
        }

        if (group.State == GroupState.Empty && (alsoGroup || (group.Offsets.IsEmpty && group.PendingCount == 0)))
        {
            group.Enter(GroupState.Dead, context.Now);
            if (group.Generation > 0)
            {
                tombstones.Add(OffsetsTopic.NoGroup(group.Id));
            }
        }

        if (tombstones.Count > 0)
        {
            context.Effects.Append(tombstones, new StoreTombstones(answer));
        }
        else
        {
            answer?.Invoke(ErrorCode.None);
        }
    }

    private static IEnumerable<TopicPartition> Expired(Group group, EventContext context)
    {
        bool isEmpty = group.State == GroupState.Empty;
        bool isStableConsumers = group is { State: GroupState.Stable, IsConsumerGroup: true, SubscribedTopics: not null };

        // The broker cannot read subscriptions of other protocol types, nor any during a rebalance: it expires nothing then.
        if (group.ProtocolType is not null && !isEmpty && !isStableConsumers)
        {
            return [];
        }
        return group.Offsets.All
            .Where(entry => !(isStableConsumers && group.SubscribedTopics!.Contains(entry.Key.Topic)))
            .Where(entry => !group.Offsets.IsPending(entry.Key) && IsExpired(group, entry.Value, context))
            .Select(entry => entry.Key);
    }

    /// <summary>Offsets of a group that had members expire when the group has been empty for the retention, however old they are (KIP-211).</summary>
    private static bool IsExpired(Group group, CommittedOffset offset, in EventContext context)
    {
        if (offset.ExpireMs is { } expiry)
        {
            return context.Now.WallMs >= expiry;
        }
        bool hadMembers = group.ProtocolType is not null && group.State == GroupState.Empty && group.StateSinceMs >= 0;
        return context.Now.WallMs - (hadMembers ? group.StateSinceMs : offset.CommitMs) >= (long)context.Limits.OffsetsRetention.TotalMilliseconds;
    }
}
