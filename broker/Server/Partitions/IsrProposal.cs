using System.Collections.Immutable;
using Broker.Protocol;
using Broker.Storage;

namespace Broker.Server.Partitions;

/// <summary>A member of the in-sync replicas.</summary>
/// <param name="BrokerId">The broker.</param>
/// <param name="BrokerEpoch">Its registration, as its fetches showed it; -1 unknown.</param>
internal readonly record struct IsrMember(int BrokerId, long BrokerEpoch);

/// <summary>The in-sync replicas that a leader asks the controller to accept.</summary>
/// <param name="Name">The partition.</param>
/// <param name="TopicId">Its topic.</param>
/// <param name="LeaderEpoch">The epoch in which the leader proposes.</param>
/// <param name="PartitionEpoch">The state that the proposal changes: the controller refuses it where there is a newer one.</param>
/// <param name="Members">All in-sync replicas, the leader among them.</param>
internal sealed record IsrProposal(TopicPartition Name, Guid TopicId, int LeaderEpoch, int PartitionEpoch, ImmutableArray<IsrMember> Members);

/// <summary>The controller's answer to a proposal: an error, or the partition's state from now on.</summary>
internal readonly record struct IsrAnswer(ErrorCode Error, int LeaderEpoch = -1, int PartitionEpoch = -1, ImmutableArray<int> Isr = default);

/// <summary>Brings the leaders' proposals to the controller, and each answer back to <see cref="Partition.ProposalAnswered"/>.</summary>
internal interface IIsrProposals
{
    /// <summary>Queues a proposal. Must not block.</summary>
    void Propose(Partition partition, IsrProposal proposal);
}
