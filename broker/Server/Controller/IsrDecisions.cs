using Broker.Protocol;
using Broker.Protocol.Messages;
using Broker.Server.Metadata.Znodes;
using Broker.Storage;
using Change = Broker.Protocol.Messages.AlterPartitionRequest.AlterPartitionPartition;

namespace Broker.Server.Controller;

/// <summary>What AlterPartition gets for one partition: an error; or None with a state to write; or None alone, where the state is already as asked.</summary>
internal readonly record struct IsrDecision(ErrorCode Error, LeaderAndIsr? Next = null);

/// <summary>The controller's rules for a leader's change of its in-sync replicas; pure.</summary>
internal static class IsrDecisions
{
    /// <summary>The first version that names the broker epochs of the in-sync replicas.</summary>
    private const int FirstWithEpochs = 3;

    private const long UnknownEpoch = -1;

    internal static IsrDecision Decide(ControllerContext context, int controllerEpoch, int leader, TopicPartition partition, Change change, short version)
    {
        if (!context.Leadership.TryGetValue(partition, out LeaderAndIsr? present))
        {
            return new IsrDecision(ErrorCode.UnknownTopicOrPartition);
        }
        (int Broker, long Epoch)[] isr = version >= FirstWithEpochs
            ? [.. change.NewIsrWithEpochs.Select(member => (member.BrokerId, member.BrokerEpoch))]
            : [.. change.NewIsr.Select(broker => (broker, UnknownEpoch))];
        LeaderAndIsr next = present with
        {
            Leader = leader,
            Isr = [.. isr.Select(member => member.Broker)],
            IsRecovering = change.LeaderRecoveryState != 0,
            ControllerEpoch = controllerEpoch,
        };
        ErrorCode error = Compare(present, change);
        bool isSame = present.Leader == leader && present.Isr.AsSpan().SequenceEqual(next.Isr) && present.IsRecovering == next.IsRecovering;
        if (error is ErrorCode.None or ErrorCode.InvalidUpdateVersion && isSame)
        {
            return new IsrDecision(ErrorCode.None); // Repeated, because the answer was lost.
        }
        if (error == ErrorCode.None)
        {
            error = Validate(context.Assignment(partition), present, next);
        }
        if (error == ErrorCode.None && !isr.All(member => IsEligible(context, member.Broker, member.Epoch)))
        {
            error = version >= 2 ? ErrorCode.IneligibleReplica : ErrorCode.OperationNotAttempted;
        }
        return error == ErrorCode.None ? new IsrDecision(error, next) : new IsrDecision(error);
    }

    private static ErrorCode Compare(LeaderAndIsr present, Change change)
    {
        // A leader that knows more than this controller has it from the next one.
        if (change.LeaderEpoch > present.LeaderEpoch || change.PartitionEpoch > present.PartitionEpoch)
        {
            return ErrorCode.NotController;
        }
        if (change.LeaderEpoch < present.LeaderEpoch)
        {
            return ErrorCode.FencedLeaderEpoch;
        }
        return change.PartitionEpoch < present.PartitionEpoch ? ErrorCode.InvalidUpdateVersion : ErrorCode.None;
    }

    /// <summary>A recovering leader is in sync alone, and none begins to recover; only the leader changes its in-sync replicas, and is one of them.</summary>
    private static ErrorCode Validate(ReplicaAssignment assignment, LeaderAndIsr present, LeaderAndIsr next)
    {
        bool isValid = (!next.IsRecovering || (present.IsRecovering && next.Isr.Length == 1))
            && present.Leader == next.Leader
            && next.Isr.Contains(next.Leader)
            && next.Isr.All(assignment.Replicas.Contains);
        return isValid ? ErrorCode.None : ErrorCode.InvalidRequest;
    }

    /// <summary>A member lives, is not shutting down, and is in the life that the leader knows; -1 is every life.</summary>
    private static bool IsEligible(ControllerContext context, int broker, long epoch) =>
        context.Brokers.TryGetValue(broker, out LiveBroker? live)
        && !context.ShuttingDown.Contains(broker)
        && (epoch == UnknownEpoch || epoch == live.Epoch);
}
