using System.Collections.Immutable;
using Broker.Coordination;
using Broker.Protocol;
using Broker.Server.Metadata.Znodes;

namespace Broker.Server.Metadata;

/// <summary>The result of adding partitions to a topic.</summary>
internal readonly record struct AdditionResult(ErrorCode Error, string? Message);

/// <summary>Adds partitions to topics by writing their znodes; the controller does the rest. From any thread.</summary>
/// <param name="znodes">Reads the topics.</param>
/// <param name="metadata">The brokers that live.</param>
/// <param name="write">Writes as the controller; null where this broker is not it.</param>
internal sealed class PartitionAddition(ZnodeClient znodes, MetadataCache metadata, Func<Op, Task<Code?>> write)
{
    /// <summary>Grows a topic to a count of partitions.</summary>
    /// <param name="assignments">The new partitions' replicas, where the client chose them.</param>
    internal Task<AdditionResult> Grow(string topic, int count, IReadOnlyList<int[]>? assignments, bool validateOnly, RequestTime time)
    {
        Attempts attempts = new();
        return time.Persist(
            () => Attempt(topic, count, assignments, validateOnly, attempts), (error, message) => new AdditionResult(error, message));
    }

    private async Task<AdditionResult> Attempt(string topic, int count, IReadOnlyList<int[]>? assignments, bool validateOnly, Attempts attempts)
    {
        // No znode is asked for by a name that no topic can have: it may be no path, or the path of another znode.
        if (TopicNames.Problem(topic) is not null)
        {
            return Unknown(topic);
        }
        if (await znodes.Exists(ZnodePaths.DeleteTopic(topic)))
        {
            return new AdditionResult(ErrorCode.InvalidTopicException, "The topic is queued for deletion.");
        }
        while (true)
        {
            if (await znodes.Topic(topic) is not { } found)
            {
                return Unknown(topic);
            }
            if (attempts.HaveMade(found))
            {
                return new AdditionResult(ErrorCode.None, null);
            }
            AdditionResult problem = Plan(topic, found.Topic, count, assignments, out ImmutableSortedDictionary<int, ReplicaAssignment> added);
            if (problem.Error != ErrorCode.None)
            {
                return problem;
            }
            byte[] grown = (found.Topic with { Partitions = found.Topic.Partitions.AddRange(added) }).Encode();
            if (grown.Length > TopicZnode.MaxBytes)
            {
                return new AdditionResult(ErrorCode.InvalidPartitions, TopicZnode.TooMany(count));
            }
            if (validateOnly)
            {
                return problem;
            }
            attempts.Sent = (grown, found.Version);
            switch (await write(new Op.SetData(ZnodePaths.Topic(topic), grown, found.Version)))
            {
                case null: return new AdditionResult(ErrorCode.NotController, null);
                case Code.Ok: return problem;
                case Code.BadVersion or Code.NoNode: break; // The topic was changed or deleted meanwhile: the loop reads it again.
                case { } failed: throw new CoordinationLostException(failed, topic);
            }
        }
    }

    private static AdditionResult Unknown(string topic) => new(ErrorCode.UnknownTopicOrPartition, $"The topic '{topic}' does not exist.");

    private AdditionResult Plan(
        string topic, TopicZnode znode, int count, IReadOnlyList<int[]>? assignments, out ImmutableSortedDictionary<int, ReplicaAssignment> added)
    {
        added = ImmutableSortedDictionary<int, ReplicaAssignment>.Empty;
        int existing = znode.Partitions.Count;
        if (znode.Partitions.Values.Any(assignment => assignment.IsBeingReassigned))
        {
            return new AdditionResult(ErrorCode.ReassignmentInProgress, $"A partition reassignment is in progress for the topic '{topic}'.");
        }
        if (count < existing)
        {
            return new AdditionResult(ErrorCode.InvalidPartitions, $"Topic currently has {existing} partitions, which is higher than the requested {count}.");
        }
        if (count == existing)
        {
            return new AdditionResult(ErrorCode.InvalidPartitions, $"Topic already has {existing} partitions.");
        }
        if (TopicZnode.IsTooMany(count))
        {
            return new AdditionResult(ErrorCode.InvalidPartitions, TopicZnode.TooMany(count));
        }
        List<(int Id, string? Rack)> brokers = metadata.Current.Brokers.Values.Select(broker => (broker.Id, broker.Rack)).ToList();
        int[] first = znode.Partitions[0].Replicas;
        if (assignments is not null)
        {
            return Chosen(existing, count - existing, first.Length, assignments, brokers.Select(broker => broker.Id).ToHashSet(), out added);
        }
        if (first.Length > brokers.Count)
        {
            return new AdditionResult(ErrorCode.InvalidReplicationFactor,
                $"Replication factor: {first.Length} larger than available brokers: {brokers.Count}.");
        }
        added = ReplicaPlacement.Extend(brokers, existing, count - existing, first.Length, first[0]);
        return new AdditionResult(ErrorCode.None, null);
    }

    private static AdditionResult Chosen(
        int existing, int increment, int factor, IReadOnlyList<int[]> assignments, HashSet<int> brokers,
        out ImmutableSortedDictionary<int, ReplicaAssignment> added)
    {
        added = assignments.Select((replicas, i) => KeyValuePair.Create(existing + i, new ReplicaAssignment(replicas))).ToImmutableSortedDictionary();
        List<int> unknown = assignments.SelectMany(replicas => replicas).Where(broker => !brokers.Contains(broker)).Distinct().ToList();
        if (unknown.Count > 0)
        {
            return Refused($"Unknown broker(s) in replica assignment: {string.Join(", ", unknown)}.");
        }
        if (assignments.Count != increment)
        {
            return Refused($"Increasing the number of partitions by {increment} but {assignments.Count} assignments provided.");
        }
        foreach ((int partition, ReplicaAssignment assignment) in added)
        {
            int[] replicas = assignment.Replicas;
            if (replicas.Length == 0)
            {
                return Refused($"Cannot have replication factor of 0 for partition id {partition}.");
            }
            if (replicas.Distinct().Count() != replicas.Length)
            {
                return Refused($"Duplicate brokers not allowed in replica assignment: {string.Join(", ", replicas)} for partition id {partition}.");
            }
        }

        List<KeyValuePair<int, ReplicaAssignment>> uneven = added.Where(entry => entry.Value.Replicas.Length != factor).ToList();
        return uneven.Count == 0 ? new AdditionResult(ErrorCode.None, null) : Refused(
            $"Inconsistent replication factor between partitions, partition 0 has {factor} while partitions [{string.Join(", ", uneven.Select(entry => entry.Key))}] "
            + $"have replication factors [{string.Join(", ", uneven.Select(entry => entry.Value.Replicas.Length))}], respectively.");
    }

    private static AdditionResult Refused(string message) => new(ErrorCode.InvalidReplicaAssignment, message);

    /// <summary>What the tries of one request share.</summary>
    private sealed class Attempts
    {
        /// <summary>What has been sent last, for which version of the topic's znode; where the answer was lost it may be written. Null before.</summary>
        internal (byte[] Grown, int Version)? Sent { get; set; }

        internal bool HaveMade((TopicZnode Topic, int Version) found) =>
            Sent is { } sent && found.Version == sent.Version + 1 && found.Topic.Encode().AsSpan().SequenceEqual(sent.Grown);
    }
}
