using Broker.Protocol;
using Broker.Server.Groups.Requests;
using Broker.Server.Groups.State;

namespace Broker.Server.Groups.Rules;

/// <summary>Handles the end of an append.</summary>
internal static class AppendRules
{
    public static void Handle(Group group, AppendEnded ended, in EventContext context)
    {
        switch (ended.Purpose)
        {
            case StoreAssignment assignment: SyncRules.Stored(group, assignment, ended.Error, context); break;
            case StoreStaticMember replaced: ReplacementStored(group, replaced, EventContext.ErrorForMember(ended.Error), context); break;
            case StoreOffsets offsets: CommitRules.Stored(group, offsets, ended.Error, ended.BaseOffset, context); break;
            case StoreTombstones tombstones:
                NoteFailure(group, ended.Error, context);
                tombstones.Answer?.Invoke(EventContext.ErrorForCommitter(ended.Error));
                break;
            default: NoteFailure(group, ended.Error, context); break;
        }
    }

    private static void NoteFailure(Group group, ErrorCode error, in EventContext context)
    {
        if (error != ErrorCode.None)
        {
            context.Effects.Note(group, GroupIncidentKind.AppendFailed, error.ToString());
        }
    }

    private static void ReplacementStored(Group group, StoreStaticMember stored, ErrorCode error, in EventContext context)
    {
        // The member was removed or replaced again, or a rebalance has begun meanwhile: its JoinGroup is answered by that.
        if (stored.Member.Joining != stored.Join.Reply || group.Find(stored.Member.Id) != stored.Member || group.State != GroupState.Stable)
        {
            return;
        }
        if (error != ErrorCode.None)
        {
            UndoReplacement(group, stored, error, context);
        }
        else
        {
            JoinRules.AnswerJoin(stored.Member, AnswerToReplacement(group, stored), context);
        }
    }

    /// <summary>
    /// A leader that returns to a stable group must not compute a new assignment, because the group ignores it. The answer sets SkipAssignment (KIP-814); for
    /// versions without that field the answer names another leader, the id that the member had before.
    /// </summary>
    private static JoinResult AnswerToReplacement(Group group, StoreStaticMember stored)
    {
        bool leads = group.LeaderId == stored.Member.Id;
        JoinResult generation = JoinRules.Generation(group, stored.Member, leads && stored.Join.CanSkipAssignment);
        return stored.Join.CanSkipAssignment
            ? generation with { SkipAssignment = leads }
            : generation with { LeaderId = stored.Before.LeaderId ?? "" };
    }

    private static void UndoReplacement(Group group, StoreStaticMember stored, ErrorCode error, in EventContext context)
    {
        context.Effects.Note(group, GroupIncidentKind.AppendFailed, error.ToString());
        JoinResult refusal = JoinRules.Generation(group, stored.Member, withMembers: false) with
        {
            Error = error,
            MemberId = "",
            LeaderId = stored.Before.LeaderId ?? "",
        };
        JoinRules.AnswerJoin(stored.Member, refusal, context);
        stored.Member.Protocols = stored.Before.Protocols;
        stored.Member.SessionTimeoutMs = stored.Before.SessionTimeoutMs;
        stored.Member.RebalanceTimeoutMs = stored.Before.RebalanceTimeoutMs;
        group.Rename(stored.Member, stored.Before.Id);
        group.Touch(stored.Member, context.Now);
    }
}
