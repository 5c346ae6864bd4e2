using Broker.Protocol;
using Broker.Server.Groups.Offsets;
using Broker.Server.Groups.Requests;
using Broker.Server.Groups.State;
using Broker.Storage;

namespace Broker.Server.Groups.Rules;

/// <summary>How offsets and groups go: by request, by age, and with their topics.</summary>
internal static class DeletionRules
{
    public static void Handle(Group group, DeleteGroupRequest delete, in Turn turn)
    {
        if (group.State != GroupState.Empty)
        {
            turn.Effects.Answer(delete, group.State == GroupState.Dead ? ErrorCode.GroupIdNotFound : ErrorCode.NonEmptyGroup);
            return;
        }

        Remove(group, [.. group.Offsets.Partitions], error => delete.Reply.Give(error), turn, alsoGroup: true);
    }

    public static void Handle(Group group, DeleteOffsetsRequest delete, in Turn turn)
    {
        ErrorCode error = group.State switch
        {
            GroupState.Dead => ErrorCode.GroupIdNotFound,
            GroupState.Empty => ErrorCode.None,
            _ => group.IsConsumerGroup ? ErrorCode.None : ErrorCode.NonEmptyGroup,
        };
        if (error != ErrorCode.None)
        {
            turn.Effects.Answer(delete, new DeleteOffsetsResult(error, []));
            return;
        }

        bool IsFree(TopicPartition partition) => group.State == GroupState.Empty || group.SubscribedTopics?.Contains(partition.Topic) == false;
        List<TopicPartition> free = [.. delete.Partitions.Where(IsFree)];
        if (free.Count == 0)
        {
            turn.Effects.Answer(delete, Result(delete, free, ErrorCode.None));
        }
        else
        {
            Remove(group, free, stored => delete.Reply.Give(Result(delete, free, stored)), turn);
        }
    }

    /// <summary>Forgets the offsets that are over their time, and the group itself when it has neither members nor offsets.</summary>
    public static void Expire(Group group, in Turn turn)
    {
        List<TopicPartition> expired = [.. Expired(group, turn)];
        if (expired.Count > 0)
        {
            turn.Effects.Note(group, GroupIncidentKind.OffsetsExpired, "", expired.Count);
        }
        Remove(group, expired, answer: null, turn);
    }

    /// <summary>Topics are gone.</summary>
    public static void Forget(Group group, IReadOnlySet<string> topics, in Turn turn) =>
        Remove(group, [.. group.Offsets.Partitions.Where(partition => topics.Contains(partition.Topic))], answer: null, turn);

    private static DeleteOffsetsResult Result(DeleteOffsetsRequest delete, List<TopicPartition> free, ErrorCode stored)
    {
        HashSet<TopicPartition> deleted = [.. free];
        return new DeleteOffsetsResult(
            ErrorCode.None, [.. delete.Partitions.Select(partition => deleted.Contains(partition) ? stored : ErrorCode.GroupSubscribedToTopic)]);
    }

    /// <summary>
    /// Tombstones for what goes. A group that never had a generation has no record of its own to delete. Without anything to write the answer is given at once.
    /// </summary>
    private static void Remove(Group group, IReadOnlyCollection<TopicPartition> partitions, Action<ErrorCode>? answer, in Turn turn, bool alsoGroup = false)
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
            group.Enter(GroupState.Dead, turn.Now);
            if (group.Generation > 0)
            {
                tombstones.Add(OffsetsTopic.NoGroup(group.Id));
            }
        }

        if (tombstones.Count > 0)
        {
            turn.Effects.Append(tombstones, new StoreTombstones(answer));
        }
        else
        {
            answer?.Invoke(ErrorCode.None);
        }
    }

    private static IEnumerable<TopicPartition> Expired(Group group, Turn turn)
    {
        bool isEmpty = group.State == GroupState.Empty;
        bool isStableConsumers = group is { State: GroupState.Stable, IsConsumerGroup: true, SubscribedTopics: not null };

        // Members of another kind, or a rebalance under way: nobody can tell what is still needed.
        if (group.ProtocolType is not null && !isEmpty && !isStableConsumers)
        {
            return [];
        }
        return group.Offsets.All
            .Where(entry => !(isStableConsumers && group.SubscribedTopics!.Contains(entry.Key.Topic)))
            .Where(entry => !group.Offsets.IsUnderWay(entry.Key) && IsOver(group, entry.Value, turn))
            .Select(entry => entry.Key);
    }

    /// <summary>A group that had members is kept for the retention after the last of them, its offsets' ages notwithstanding (KIP-211).</summary>
    private static bool IsOver(Group group, CommittedOffset offset, in Turn turn)
    {
        if (offset.ExpireMs is { } expiry)
        {
            return turn.Now.WallMs >= expiry;
        }
        bool hadMembers = group.ProtocolType is not null && group.State == GroupState.Empty && group.StateSinceMs >= 0;
        return turn.Now.WallMs - (hadMembers ? group.StateSinceMs : offset.CommitMs) >= (long)turn.Limits.OffsetsRetention.TotalMilliseconds;
    }
}
