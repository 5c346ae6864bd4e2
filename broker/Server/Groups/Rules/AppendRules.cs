using Broker.Protocol;
using Broker.Server.Groups.Requests;
using Broker.Server.Groups.State;

namespace Broker.Server.Groups.Rules;

/// <summary>What the end of an append does.</summary>
internal static class AppendRules
{
    public static void Handle(Group group, AppendEnded ended, in Turn turn)
    {
        switch (ended.Purpose)
        {
            case StoreAssignment assignment: SyncRules.Stored(group, assignment, ended.Error, turn); break;
            case StoreStaticMember replaced: ReplacementStored(group, replaced, Turn.OfAssignment(ended.Error), turn); break;
            case StoreOffsets offsets: CommitRules.Stored(group, offsets, ended.Error, ended.BaseOffset, turn); break;
            case StoreTombstones tombstones:
                NoteFailure(group, ended.Error, turn);
                tombstones.Answer?.Invoke(Turn.OfOffsets(ended.Error));
                break;
            default: NoteFailure(group, ended.Error, turn); break;
        }
    }

    private static void NoteFailure(Group group, ErrorCode error, in Turn turn)
    {
        if (error != ErrorCode.None)
        {
            turn.Effects.Note(group, GroupIncidentKind.StoreFailed, error.ToString());
        }
    }

    private static void ReplacementStored(Group group, StoreStaticMember stored, ErrorCode error, in Turn turn)
    {
        // Gone, replaced again, or drawn into a rebalance meanwhile: its JoinGroup has been answered, or will be.
        if (stored.Member.Joining != stored.Join.Reply || group.Find(stored.Member.Id) != stored.Member || group.State != GroupState.Stable)
        {
            return;
        }
        if (error != ErrorCode.None)
        {
            PutBack(group, stored, error, turn);
        }
        else
        {
            JoinRules.AnswerJoin(stored.Member, Welcome(group, stored), turn);
        }
    }

    /// <summary>
    /// A leader that comes back must not assign anew, as a stable group would not hear of it: it is told to skip that (KIP-814), or, where it does not know
    /// how, that somebody else leads: the id it had before.
    /// </summary>
    private static JoinResult Welcome(Group group, StoreStaticMember stored)
    {
        bool leads = group.LeaderId == stored.Member.Id;
        JoinResult generation = JoinRules.Generation(group, stored.Member, leads && stored.Join.CanSkipAssignment);
        return stored.Join.CanSkipAssignment
            ? generation with { SkipAssignment = leads }
            : generation with { LeaderId = stored.Before.LeaderId ?? "" };
    }

    private static void PutBack(Group group, StoreStaticMember stored, ErrorCode error, in Turn turn)
    {
        turn.Effects.Note(group, GroupIncidentKind.StoreFailed, error.ToString());
        JoinResult refusal = JoinRules.Generation(group, stored.Member, withMembers: false) with
        {
            Error = error,
            MemberId = "",
            LeaderId = stored.Before.LeaderId ?? "",
        };
        JoinRules.AnswerJoin(stored.Member, refusal, turn);
        stored.Member.Protocols = stored.Before.Protocols;
        stored.Member.SessionTimeoutMs = stored.Before.SessionTimeoutMs;
        stored.Member.RebalanceTimeoutMs = stored.Before.RebalanceTimeoutMs;
        group.Rename(stored.Member, stored.Before.Id);
        group.Touch(stored.Member, turn.Now);
    }
}
