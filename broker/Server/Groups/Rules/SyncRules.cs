using Broker.Protocol;
using Broker.Server.Groups.Offsets;
using Broker.Server.Groups.Requests;
using Broker.Server.Groups.State;

namespace Broker.Server.Groups.Rules;

/// <summary>SyncGroup: the leader's assignment goes to the log, then to everybody.</summary>
internal static class SyncRules
{
    public static void Handle(Group group, SyncRequest sync, in Turn turn)
    {
        ErrorCode error = Check(group, sync);
        if (error != ErrorCode.None)
        {
            turn.Effects.Answer(sync, new SyncResult(error));
            return;
        }

        Member member = group.Find(sync.MemberId)!;
        Arrived(group, member);
        if (group.State == GroupState.Stable)
        {
            turn.Effects.Answer(sync, Assigned(group, member));
            group.Touch(member, turn.Now);
            return;
        }

        AnswerSync(member, new SyncResult(ErrorCode.RebalanceInProgress), turn);
        member.Syncing = sync.Reply;
        if (group.LeaderId == member.Id)
        {
            Store(group, sync, turn);
        }
    }

    /// <summary>The leader's assignment is in the log, or not.</summary>
    public static void Stored(Group group, StoreAssignment stored, ErrorCode logError, in Turn turn)
    {
        // Somebody may have come or gone meanwhile: then this generation is of no interest any more.
        if (group.State != GroupState.CompletingRebalance || group.Generation != stored.Generation)
        {
            return;
        }
        ErrorCode error = Turn.OfAssignment(logError);
        if (error != ErrorCode.None)
        {
            turn.Effects.Note(group, GroupIncidentKind.StoreFailed, error.ToString());
            AbandonAssignment(group, error, turn);
            RebalanceRules.Prepare(group, "the assignment could not be stored", turn);
            return;
        }

        foreach (Member member in group.Members)
        {
            member.Assignment = stored.Assignments.GetValueOrDefault(member.Id) ?? [];
        }
        group.Enter(GroupState.Stable, turn.Now);
        turn.Effects.Note(group, GroupIncidentKind.AssignmentSpread);
        foreach (Member member in group.Members)
        {
            GiveAssignment(member, Assigned(group, member), group, turn);
        }
    }

    /// <summary>Nobody has an assignment any more; who waits for one is told the error.</summary>
    public static void AbandonAssignment(Group group, ErrorCode error, in Turn turn)
    {
        foreach (Member member in group.Members)
        {
            member.Assignment = [];
            GiveAssignment(member, new SyncResult(error), group, turn);
        }
    }

    /// <summary>Answers the member's unanswered SyncGroup; false where there is none.</summary>
    public static bool AnswerSync(Member member, SyncResult result, in Turn turn)
    {
        if (member.Syncing is null)
        {
            return false;
        }
        turn.Effects.Answer(member.Syncing, result);
        member.Syncing = null;
        return true;
    }

    /// <summary>Those that have not synced in time are removed, and the others try again.</summary>
    public static void SyncDeadlinePassed(Group group, in Turn turn)
    {
        group.SyncDeadline = long.MaxValue;
        if (group.AwaitedSyncs.Count == 0)
        {
            return;
        }
        foreach (string memberId in group.AwaitedSyncs.ToArray())
        {
            group.Remove(memberId);
            turn.Effects.Note(group, GroupIncidentKind.MemberLost, memberId);
        }

        RebalanceRules.Prepare(group, "members did not ask for their assignment in time", turn);
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

    private static void Arrived(Group group, Member member)
    {
        group.AwaitedSyncs.Remove(member.Id);
        if (group.AwaitedSyncs.Count == 0)
        {
            group.SyncDeadline = long.MaxValue;
        }
    }

    private static SyncResult Assigned(Group group, Member member) =>
        new(ErrorCode.None) { ProtocolType = group.ProtocolType, ProtocolName = group.ProtocolName, Assignment = member.Assignment };

    private static void GiveAssignment(Member member, SyncResult result, Group group, in Turn turn)
    {
        // Its session rested while it waited.
        if (AnswerSync(member, result, turn))
        {
            group.Touch(member, turn.Now);
        }
    }

    private static void Store(Group group, SyncRequest sync, in Turn turn)
    {
        Dictionary<string, byte[]> assignments = group.Members.ToDictionary(
            member => member.Id, member => sync.Assignments.GetValueOrDefault(member.Id) ?? [], StringComparer.Ordinal);
        turn.Effects.Append([OffsetsTopic.Generation(group, assignments)], new StoreAssignment(group.Generation, assignments));
    }
}
