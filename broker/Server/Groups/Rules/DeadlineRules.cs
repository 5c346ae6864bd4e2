using Broker.Server.Groups.State;

namespace Broker.Server.Groups.Rules;

/// <summary>What time does to a group.</summary>
internal static class DeadlineRules
{
    /// <summary>Does everything that is due, and asks to be woken for the next.</summary>
    public static void Handle(Group group, in Turn turn)
    {
        long now = turn.Now.StampMs;
        foreach (Member member in group.Members)
        {
            // One member's loss may have changed another's state.
            if (member.Deadline <= now && group.Find(member.Id) == member)
            {
                MemberRules.Lost(group, member, turn);
            }
        }

        foreach (string memberId in group.ExpiredPending(turn.Now))
        {
            MemberRules.RemovePending(group, memberId, turn);
        }
        if (group.SyncDeadline <= now)
        {
            SyncRules.SyncDeadlinePassed(group, turn);
        }
        if (group.JoinDeadline <= now && group.State == GroupState.PreparingRebalance)
        {
            RebalanceRules.JoinDeadlinePassed(group, turn);
        }
        group.WakeAt = group.EarliestDeadline();
    }
}
