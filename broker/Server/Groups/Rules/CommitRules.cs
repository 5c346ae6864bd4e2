using Broker.Protocol;
using Broker.Server.Groups.Offsets;
using Broker.Server.Groups.Requests;
using Broker.Server.Groups.State;

namespace Broker.Server.Groups.Rules;

/// <summary>OffsetCommit.</summary>
internal static class CommitRules
{
    public static void Handle(Group group, CommitRequest commit, in EventContext context)
    {
        ErrorCode error = Check(group, commit);
        if (error != ErrorCode.None)
        {
            context.Effects.Answer(commit, commit.All(error));
            return;
        }

        if (group.State != GroupState.Empty)
        {
            group.Touch(group.Find(commit.MemberId)!, context.Now);
        }
        ErrorCode[] errors = new ErrorCode[commit.Offsets.Count];
        long[] tickets = new long[errors.Length];
        List<LogRecord> records = [];
        for (int i = 0; i < errors.Length; i++)
        {
            OffsetToCommit offset = commit.Offsets[i];
            if (offset.Offset.Metadata.Length > context.Limits.MaxOffsetMetadata)
            {
                errors[i] = ErrorCode.OffsetMetadataTooLarge;
                continue;
            }

            tickets[i] = group.Offsets.Begin(offset.Partition);
            records.Add(OffsetsTopic.Offset(group.Id, offset.Partition, offset.Offset));
        }

        if (records.Count == 0)
        {
            context.Effects.Answer(commit, errors);
        }
        else
        {
            context.Effects.Append(records, new StoreOffsets(commit, errors, tickets));
        }
    }

    /// <summary>The append of the offsets has ended: only when it succeeded can clients read them.</summary>
    public static void Stored(Group group, StoreOffsets stored, ErrorCode logError, long baseOffset, in EventContext context)
    {
        ErrorCode error = EventContext.ErrorForCommitter(logError);
        int count = 0;
        for (int i = 0; i < stored.Errors.Length; i++)
        {
            if (stored.Errors[i] != ErrorCode.None)
            {
                continue;
            }
            OffsetToCommit offset = stored.Commit.Offsets[i];
            group.Offsets.End(offset.Partition, stored.Tickets[i], error == ErrorCode.None ? offset.Offset with { AppendedAt = baseOffset } : null);
            stored.Errors[i] = error;
            count++;
        }

        if (error == ErrorCode.None)
        {
            context.Effects.Note(group, GroupIncidentKind.OffsetsCommitted, "", count);
        }
        context.Effects.Answer(stored.Commit, stored.Errors);
    }

    private static ErrorCode Check(Group group, CommitRequest commit)
    {
        if (group.State == GroupState.Dead)
        {
            return ErrorCode.CoordinatorNotAvailable;
        }

        // An operator, or a consumer that chooses its partitions itself, may commit for a group without members.
        if (commit.Generation < 0 && group.State == GroupState.Empty)
        {
            return ErrorCode.None;
        }
        if (commit.Generation < 0 && commit.MemberId.Length == 0 && commit.InstanceId is null)
        {
            return ErrorCode.UnknownMemberId;
        }
        ErrorCode error = GroupRules.CheckMember(group, commit.MemberId, commit.InstanceId);
        if (error != ErrorCode.None)
        {
            return error;
        }
        if (commit.Generation != group.Generation)
        {
            return ErrorCode.IllegalGeneration;
        }

        // The member knows the new generation but not its assignment yet: it could commit partitions that now belong to another member.
        return group.State == GroupState.CompletingRebalance ? ErrorCode.RebalanceInProgress : ErrorCode.None;
    }
}
