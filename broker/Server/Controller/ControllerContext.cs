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
    private readonly Dictionary<TopicPartition, LeaderAndIsr> _leadership = [];
    private readonly Dictionary<TopicPartition, PartitionStatus> _statuses = [];
    private readonly SortedSet<string> _topicsToDelete = new(StringComparer.Ordinal);
    private int _partitions;
    private int _offline;
    private int _imbalanced;

    /// <summary>Registered brokers, those going down included.</summary>
    internal SortedDictionary<int, LiveBroker> Brokers { get; } = [];

    /// <summary>Brokers that asked to go down.</summary>
    internal SortedSet<int> ShuttingDown { get; } = [];

    /// <summary>Every known topic and its id.</summary>
    internal IReadOnlyDictionary<string, Guid> TopicIds => _topicIds;

    /// <summary>The states of the partitions that have had a leader.</summary>
    internal IReadOnlyDictionary<TopicPartition, LeaderAndIsr> Leadership => _leadership;

    internal Dictionary<Replica, ReplicaState> ReplicaStates { get; } = [];

    /// <summary>Replicas whose live broker reported their folder as broken.</summary>
    internal HashSet<Replica> OnOfflineFolders { get; } = [];

    /// <summary>Topics that are to be deleted.</summary>
    internal IReadOnlySet<string> TopicsToDelete => _topicsToDelete;

    /// <summary>Those of them whose deletion has been sent to brokers.</summary>
    internal SortedSet<string> DeletionStarted { get; } = new(StringComparer.Ordinal);

    /// <summary>Those of them that wait until a broker returns.</summary>
    internal SortedSet<string> DeletionIneligible { get; } = new(StringComparer.Ordinal);

    /// <summary>The number of partitions; from any thread.</summary>
    internal int PartitionCount => Volatile.Read(ref _partitions);

    /// <summary>How many of them have lost their leader and are not being deleted; from any thread.</summary>
    internal int OfflineCount => Volatile.Read(ref _offline);

    /// <summary>How many of them are not led by their preferred leader and are not being deleted; from any thread.</summary>
    internal int ImbalanceCount => Volatile.Read(ref _imbalanced);

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

    /// <summary>Adds a topic, or gives a known one its id.</summary>
    /// <param name="id">Zero for a topic whose id cannot be read.</param>
    internal void AddTopic(string topic, Guid id)
    {
        _topicIds[topic] = id;
        if (id != Guid.Empty)
        {
            _topicNames[id] = topic;
        }
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
        Count(partition, -1);
        partitions[partition.Partition] = assignment;
        Count(partition, 1);
        foreach (int broker in assignment.Replicas)
        {
            ReplicaStates.TryAdd(new Replica(partition, broker), ReplicaState.NonExistent);
        }
    }

    /// <summary>Sets the state of a partition that was read from the tree or written to it. Returns false where it has none.</summary>
    internal bool SetLeadership(TopicPartition partition, LeaderAndIsr? state)
    {
        Count(partition, -1);
        if (state is null)
        {
            _leadership.Remove(partition);
        }
        else
        {
            _leadership[partition] = state;
        }
        Count(partition, 1);
        return state is not null;
    }

    internal void SetStatus(TopicPartition partition, PartitionStatus status)
    {
        Count(partition, -1);
        _statuses[partition] = status;
        Count(partition, 1);
    }

    /// <summary>False where the topic is being deleted already.</summary>
    internal bool AddTopicToDelete(string topic)
    {
        if (IsBeingDeleted(topic))
        {
            return false;
        }
        CountAll(topic, -1);
        _topicsToDelete.Add(topic);
        CountAll(topic, 1);
        return true;
    }

    internal PartitionStatus StateOf(TopicPartition partition) => _statuses.GetValueOrDefault(partition, PartitionStatus.NonExistent);

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
        CountAll(topic, -1);
        foreach (TopicPartition partition in PartitionsOf(topic))
        {
            foreach (Replica replica in ReplicasOf(partition))
            {
                ReplicaStates.Remove(replica);
                OnOfflineFolders.Remove(replica);
            }

            _statuses.Remove(partition);
            _leadership.Remove(partition);
        }

        _assignments.Remove(topic);
        if (_topicIds.Remove(topic, out Guid id))
        {
            _topicNames.Remove(id);
        }
        _topicsToDelete.Remove(topic);
        DeletionStarted.Remove(topic);
        DeletionIneligible.Remove(topic);
    }

    private void CountAll(string topic, int sign)
    {
        foreach (TopicPartition partition in PartitionsOf(topic))
        {
            Count(partition, sign);
        }
    }

    /// <summary>Takes a partition out of the counts before it changes, and into them afterwards.</summary>
    private void Count(TopicPartition partition, int sign)
    {
        if (!HasPartition(partition))
        {
            return;
        }
        Volatile.Write(ref _partitions, _partitions + sign);
        if (IsBeingDeleted(partition.Topic))
        {
            return;
        }
        if (StateOf(partition) == PartitionStatus.Offline)
        {
            Volatile.Write(ref _offline, _offline + sign);
        }
        if (Leadership.TryGetValue(partition, out LeaderAndIsr? state) && state.Leader != PreferredLeader(partition))
        {
            Volatile.Write(ref _imbalanced, _imbalanced + sign);
        }
    }
}
