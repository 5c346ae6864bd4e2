using Broker.Server.Groups.State;

namespace Broker.Server.Groups.Rules;

/// <summary>Handles the time-outs of a group.</summary>
internal static class DeadlineRules
{
    /// <summary>Handles every deadline that has passed and sets the time of the next one.</summary>
    public static void Handle(Group group, in EventContext context)
    {
        long now = context.Now.StampMs;
        foreach (Member member in group.Members)
        {
            // Removing one member may have changed or removed another one.
            if (member.Deadline <= now && group.Find(member.Id) == member)
            {
                MemberRules.Lost(group, member, context);
            }
        }

        foreach (string memberId in group.ExpiredPending(context.Now))
        {
            MemberRules.RemovePending(group, memberId, context);
        }
        if (group.SyncDeadline <= now)
        {
            SyncRules.SyncDeadlinePassed(group, context);
        }
        if (group.JoinDeadline <= now && group.State == GroupState.PreparingRebalance)
        {
            RebalanceRules.JoinDeadlinePassed(group, context);
        }
        group.WakeAt = group.EarliestDeadline();
    }
}
