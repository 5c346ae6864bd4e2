using Broker.Protocol;
using Broker.Server.Groups.Offsets;
using Broker.Server.Groups.Requests;
using Broker.Server.Groups.State;

namespace Broker.Server.Groups.Rules;

/// <summary>SyncGroup: appends the leader's assignment to the log, then answers all members.</summary>
internal static class SyncRules
{
    public static void Handle(Group group, SyncRequest sync, in EventContext context)
    {
        ErrorCode error = Check(group, sync);
        if (error != ErrorCode.None)
        {
            context.Effects.Answer(sync, new SyncResult(error));
            return;
        }

        Member member = group.Find(sync.MemberId)!;
        NoteSync(group, member);
        if (group.State == GroupState.Stable)
        {
            context.Effects.Answer(sync, Assigned(group, member));
            group.Touch(member, context.Now);
            return;
        }

        AnswerSync(member, new SyncResult(ErrorCode.RebalanceInProgress), context);
        member.Syncing = sync.Reply;
        if (group.LeaderId == member.Id)
        {
            Store(group, sync, context);
        }
    }

    /// <summary>The append of the leader's assignment has ended.</summary>
    public static void Stored(Group group, StoreAssignment stored, ErrorCode logError, in EventContext context)
    {
        // A member that joined or left meanwhile has begun a rebalance: this generation is obsolete.
        if (group.State != GroupState.CompletingRebalance || group.Generation != stored.Generation)
        {
            return;
        }
        ErrorCode error = EventContext.ErrorForMember(logError);
        if (error != ErrorCode.None)
        {
            context.Effects.Note(group, GroupIncidentKind.AppendFailed, error.ToString());
            AbandonAssignment(group, error, context);
            RebalanceRules.Prepare(group, "the assignment could not be stored", context);
            return;
        }

        foreach (Member member in group.Members)
        {
            member.Assignment = stored.Assignments.GetValueOrDefault(member.Id) ?? [];
        }
        group.Enter(GroupState.Stable, context.Now);
        context.Effects.Note(group, GroupIncidentKind.BecameStable);
        foreach (Member member in group.Members)
        {
            GiveAssignment(member, Assigned(group, member), group, context);
        }
    }

    /// <summary>Clears all assignments and answers waiting SyncGroups with the error.</summary>
    public static void AbandonAssignment(Group group, ErrorCode error, in EventContext context)
    {
        foreach (Member member in group.Members)
        {
            member.Assignment = [];
            GiveAssignment(member, new SyncResult(error), group, context);
        }
    }

    /// <summary>Answers the member's waiting SyncGroup; false when there is none.</summary>
    public static bool AnswerSync(Member member, SyncResult result, in EventContext context)
    {
        if (member.Syncing is null)
        {
            return false;
        }
        context.Effects.Answer(member.Syncing, result);
        member.Syncing = null;
        return true;
    }

    /// <summary>Removes members that have not sent SyncGroup in time, and begins a rebalance.</summary>
    public static void SyncDeadlinePassed(Group group, in EventContext context)
    {
        group.SyncDeadline = long.MaxValue;
        if (group.AwaitedSyncs.Count == 0)
        {
            return;
        }
        foreach (string memberId in group.AwaitedSyncs.ToArray())
        {
            group.Remove(memberId);
            context.Effects.Note(group, GroupIncidentKind.MemberLost, memberId);
        }

        RebalanceRules.Prepare(group, "members did not send SyncGroup in time", context);
    }

    private static ErrorCode Check(Group group, SyncRequest sync)
    {
        if (group.State == GroupState.Dead)
        {
            return ErrorCode.CoordinatorNotAvailable;
        }
        ErrorCode error = GroupRules.CheckMember(group, sync.MemberId, sync.InstanceId);
        if (error != ErrorCode.None)
        {
            return error;
        }
        if (sync.Generation != group.Generation)
        {
            return ErrorCode.IllegalGeneration;
        }
        if (sync.ProtocolType is not null && sync.ProtocolType != group.ProtocolType)
        {
            return ErrorCode.InconsistentGroupProtocol;
        }
        if (sync.ProtocolName is not null && sync.ProtocolName != group.ProtocolName)
        {
            return ErrorCode.InconsistentGroupProtocol;
        }
        return group.State switch
        {
            GroupState.Empty => ErrorCode.UnknownMemberId,
            GroupState.PreparingRebalance => ErrorCode.RebalanceInProgress,
            _ => ErrorCode.None,
        };
    }

    private static void NoteSync(Group group, Member member)
    {
        group.AwaitedSyncs.Remove(member.Id);
        if (group.AwaitedSyncs.Count == 0)
        {
            group.SyncDeadline = long.MaxValue;
        }
    }

    private static SyncResult Assigned(Group group, Member member) =>
        new(ErrorCode.None) { ProtocolType = group.ProtocolType, ProtocolName = group.ProtocolName, Assignment = member.Assignment };

    private static void GiveAssignment(Member member, SyncResult result, Group group, in EventContext context)
    {
        // Its session did not run while it waited.
        if (AnswerSync(member, result, context))
        {
            group.Touch(member, context.Now);
        }
    }

    private static void Store(Group group, SyncRequest sync, in EventContext context)
    {
        Dictionary<string, byte[]> assignments = group.Members.ToDictionary(
            member => member.Id, member => sync.Assignments.GetValueOrDefault(member.Id) ?? [], StringComparer.Ordinal);
        context.Effects.Append([OffsetsTopic.Generation(group, assignments)], new StoreAssignment(group.Generation, assignments));
    }
}
