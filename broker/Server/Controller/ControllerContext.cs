using Broker.Server.Metadata.Znodes;
using Broker.Storage;

namespace Broker.Server.Controller;

/// <summary>One replica's name.</summary>
internal readonly record struct Replica(TopicPartition Partition, int Broker);

/// <summary>A registered broker in its present life.</summary>
internal sealed record LiveBroker(BrokerRegistration Registration, long Epoch);

/// <summary>
/// What the controller knows of the cluster; used by its loop only. What is keyed by partition or replica is for looking up: <see cref="AllPartitions"/> gives
/// their order.
/// </summary>
internal sealed class ControllerContext
{
    private readonly SortedDictionary<string, SortedDictionary<int, ReplicaAssignment>> _assignments = new(StringComparer.Ordinal);
    private readonly SortedDictionary<string, Guid> _topicIds = new(StringComparer.Ordinal);
    private readonly Dictionary<Guid, string> _topicNames = [];

    /// <summary>Registered brokers, those going down included.</summary>
    internal SortedDictionary<int, LiveBroker> Brokers { get; } = [];

    /// <summary>Brokers that asked to go down.</summary>
    internal SortedSet<int> ShuttingDown { get; } = [];

    /// <summary>Every known topic and its id.</summary>
    internal IReadOnlyDictionary<string, Guid> TopicIds => _topicIds;

    internal Dictionary<TopicPartition, LeaderAndIsr> Leadership { get; } = [];

    internal Dictionary<TopicPartition, PartitionStatus> PartitionStatuses { get; } = [];

    internal Dictionary<Replica, ReplicaState> ReplicaStates { get; } = [];

    /// <summary>Replicas whose live broker reported their folder as broken.</summary>
    internal HashSet<Replica> OnOfflineFolders { get; } = [];

    /// <summary>Topics that are to be deleted.</summary>
    internal SortedSet<string> TopicsToDelete { get; } = new(StringComparer.Ordinal);

    /// <summary>Those of them whose deletion has been sent to brokers.</summary>
    internal SortedSet<string> DeletionStarted { get; } = new(StringComparer.Ordinal);

    /// <summary>Those of them that wait until a broker returns.</summary>
    internal SortedSet<string> DeletionIneligible { get; } = new(StringComparer.Ordinal);

    internal IEnumerable<TopicPartition> AllPartitions
        => _assignments.SelectMany(topic => topic.Value.Keys.Select(partition => new TopicPartition(topic.Key, partition)));

    /// <summary>Live and not going down.</summary>
    internal IEnumerable<int> ServingBrokers => Brokers.Keys.Where(id => !ShuttingDown.Contains(id));

    /// <summary>The partitions that have had a leader.</summary>
    internal IEnumerable<TopicPartition> PartitionsWithState => AllPartitions.Where(Leadership.ContainsKey);

    /// <summary>Those of them that have a preferred leader and are not being deleted.</summary>
    internal IEnumerable<TopicPartition> PartitionsWithPreference =>
        PartitionsWithState.Where(partition => PreferredLeader(partition) != LeaderAndIsr.NoLeader && !IsBeingDeleted(partition.Topic));

    internal IEnumerable<TopicPartition> PartitionsOf(string topic) =>
        _assignments.TryGetValue(topic, out SortedDictionary<int, ReplicaAssignment>? partitions)
        ? partitions.Keys.Select(partition => new TopicPartition(topic, partition)) : [];

    internal bool HasPartition(TopicPartition partition)
        => _assignments.TryGetValue(partition.Topic, out SortedDictionary<int, ReplicaAssignment>? partitions) && partitions.ContainsKey(partition.Partition);

    /// <summary>The topic with an id, or null.</summary>
    internal string? TopicName(Guid id) => _topicNames.GetValueOrDefault(id);

    internal void AddTopic(string topic, Guid id)
    {
        _topicIds[topic] = id;
        _topicNames[id] = topic;
    }

    internal ReplicaAssignment Assignment(TopicPartition partition) => _assignments[partition.Topic][partition.Partition];

    /// <summary>The first replica of the assignment; -1 where it has none.</summary>
    internal int PreferredLeader(TopicPartition partition) => Assignment(partition).Replicas is [int first, ..] ? first : LeaderAndIsr.NoLeader;

    internal void SetAssignment(TopicPartition partition, ReplicaAssignment assignment)
    {
        if (!_assignments.TryGetValue(partition.Topic, out SortedDictionary<int, ReplicaAssignment>? partitions))
        {
            _assignments[partition.Topic] = partitions = [];
        }
        partitions[partition.Partition] = assignment;
        PartitionStatuses.TryAdd(partition, PartitionStatus.NonExistent);
        foreach (int broker in assignment.Replicas)
        {
            ReplicaStates.TryAdd(new Replica(partition, broker), ReplicaState.NonExistent);
        }
    }

    /// <summary>Takes over a state as it was read. False where there is none.</summary>
    internal bool SetLeadership(TopicPartition partition, LeaderAndIsr? state)
    {
        if (state is null)
        {
            Leadership.Remove(partition);
            return false;
        }
        Leadership[partition] = state;
        return true;
    }

    internal PartitionStatus StateOf(TopicPartition partition) => PartitionStatuses.GetValueOrDefault(partition, PartitionStatus.NonExistent);

    internal ReplicaState StateOf(Replica replica) => ReplicaStates.GetValueOrDefault(replica, ReplicaState.NonExistent);

    internal IEnumerable<Replica> ReplicasOf(TopicPartition partition) => Assignment(partition).Replicas.Select(broker => new Replica(partition, broker));

    internal IEnumerable<Replica> ReplicasOf(string topic) => PartitionsOf(topic).SelectMany(ReplicasOf);

    internal IEnumerable<Replica> ReplicasOn(int broker) =>
        AllPartitions.Where(partition => Assignment(partition).Replicas.Contains(broker)).Select(partition => new Replica(partition, broker));

    internal bool IsLive(int broker) => Brokers.ContainsKey(broker);

    /// <summary>
    /// Whether a replica is on a live broker and a working log directory. A broker that is shutting down counts as live only where asked for.
    /// </summary>
    internal bool IsOnline(Replica replica, bool evenShuttingDown = false) =>
        Brokers.ContainsKey(replica.Broker) && (evenShuttingDown || !ShuttingDown.Contains(replica.Broker)) && !OnOfflineFolders.Contains(replica);

    internal bool IsBeingDeleted(string topic) => TopicsToDelete.Contains(topic);

    internal void RemoveTopic(string topic)
    {
        foreach (TopicPartition partition in PartitionsOf(topic).ToList())
        {
            foreach (Replica replica in ReplicasOf(partition))
            {
                ReplicaStates.Remove(replica);
                OnOfflineFolders.Remove(replica);
            }

            PartitionStatuses.Remove(partition);
            Leadership.Remove(partition);
        }

        _assignments.Remove(topic);
        if (_topicIds.Remove(topic, out Guid id))
        {
            _topicNames.Remove(id);
        }
        TopicsToDelete.Remove(topic);
        DeletionStarted.Remove(topic);
        DeletionIneligible.Remove(topic);
    }
}
