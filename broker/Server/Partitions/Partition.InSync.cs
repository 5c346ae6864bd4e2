using System.Collections.Immutable;
using Broker.Protocol;

namespace Broker.Server.Partitions;

/// <summary>The leader's changes of the in-sync replicas: each is proposed to the controller, and holds when the controller has accepted it.</summary>
internal sealed partial class Partition
{
    /// <summary>Proposes the in-sync replicas without those that lag, where there are any. Called periodically.</summary>
    public void ShrinkIsr()
    {
        IsrProposal? proposal = null;
        lock (_lock)
        {
            if (_log is { } log)
            {
                proposal = Propose(PartitionTransitions.WithoutLagging(_state, log.LogEndOffset, _host.StampMs, _host.ReplicaLagMaxMs));
            }
        }

        Submit(proposal);
    }

    /// <summary>Applies the controller's answer to a proposal of this partition.</summary>
    public void ProposalAnswered(IsrProposal proposal, in IsrAnswer answer)
    {
        PartitionState before;
        PartitionState after;
        lock (_lock)
        {
            before = _state;
            after = PartitionTransitions.ProposalAnswered(before, proposal, answer);
            Volatile.Write(ref _state, after);
            if (_log is { } log)
            {
                AdvanceHighWatermark(log);
            }
        }

        if (answer.Error != ErrorCode.None)
        {
            _host.IsrCounts.Refused();
            PartitionLogMessages.ProposalRefused(_host.Logger, Name, string.Join(',', proposal.Members.Select(member => member.BrokerId)), answer.Error);
        }
        else if (after != before)
        {
            _host.IsrCounts.Changed(before.Isr.Length, after.Isr.Length);
            PartitionLogMessages.IsrChanged(_host.Logger, Name, string.Join(',', after.Isr), string.Join(',', before.Isr));
        }

        Waiters.Notify();
    }

    /// <summary>Makes a proposed state this partition's. Under the lock only.</summary>
    private IsrProposal? Propose(PartitionState? proposed)
    {
        if (proposed is null)
        {
            return null;
        }

        Volatile.Write(ref _state, proposed);
        ImmutableArray<IsrMember> members = [.. proposed.ProposedIsr.Select(broker => new IsrMember(broker, EpochOf(proposed, broker)))];
        return new IsrProposal(Name, TopicId, proposed.LeaderEpoch, proposed.PartitionEpoch, members);
    }

    private static long EpochOf(PartitionState state, int broker)
    {
        foreach (FollowerProgress follower in state.Followers)
        {
            if (follower.BrokerId == broker)
            {
                return follower.BrokerEpoch;
            }
        }

        return -1;
    }

    private void Submit(IsrProposal? proposal)
    {
        if (proposal is not null)
        {
            _host.Proposals.Propose(this, proposal);
        }
    }
}
