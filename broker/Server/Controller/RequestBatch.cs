using Broker.Protocol.Messages;
using Broker.Server.Metadata.Znodes;
using Broker.Storage;

namespace Broker.Server.Controller;

/// <summary>The requests to one broker after one event, sent in this order, so that a broker leads before clients learn that it does.</summary>
internal sealed record BrokerRequests(int Broker, LeaderAndIsrRequest? LeaderAndIsr, MetadataUpdate? UpdateMetadata, StopReplicaRequest? StopReplica)
{
    /// <summary>How many partitions' states they hold together.</summary>
    internal int States { get; } = (LeaderAndIsr?.TopicStates.Sum(topic => topic.PartitionStates.Length) ?? 0)
        + (UpdateMetadata?.Request.TopicStates.Sum(topic => topic.PartitionStates.Length) ?? 0)
        + (StopReplica?.TopicStates.Sum(topic => topic.PartitionStates.Length) ?? 0);

    /// <summary>The life of the broker to which they are sent.</summary>
    internal long BrokerEpoch => LeaderAndIsr?.BrokerEpoch ?? UpdateMetadata?.Request.BrokerEpoch ?? StopReplica?.BrokerEpoch ?? -1;
}

/// <summary>Collects the requests of one event. Leaderships and assignments are read when the requests are built.</summary>
internal sealed class RequestBatch(ControllerContext context, int controllerId, int controllerEpoch, string controllerListener)
{
    /// <summary>The leader epoch that stops a replica whatever epoch it has.</summary>
    private const int EpochDuringDelete = -2;

    private const int UnknownEpoch = -1;

    private readonly SortedDictionary<int, PartitionMap<bool>> _leaderAndIsr = [];
    private readonly SortedDictionary<int, PartitionMap<bool>> _stopReplica = [];
    private readonly SortedSet<int> _updateMetadata = [];
    private readonly PartitionMap<bool> _updatedPartitions = new();
    private readonly List<DeletedTopic> _deleted = [];

    /// <summary>Adds LeaderAndIsr of a partition for some brokers, and UpdateMetadata of it for all.</summary>
    internal void AddLeaderAndIsr(IEnumerable<int> brokers, TopicPartition partition, bool isNew)
    {
        foreach (int broker in brokers)
        {
            Request(_leaderAndIsr, broker, partition, isNew);
        }

        AddUpdateMetadata(context.Brokers.Keys, [partition]);
    }

    /// <summary>Adds StopReplica of a replica; with deletion where one of the calls asks for it.</summary>
    internal void AddStopReplica(Replica replica, bool delete) => Request(_stopReplica, replica.Broker, replica.Partition, delete);

    /// <summary>Adds UpdateMetadata of the live brokers and some partitions.</summary>
    internal void AddUpdateMetadata(IEnumerable<int> brokers, IEnumerable<TopicPartition> partitions)
    {
        _updateMetadata.UnionWith(brokers);
        foreach (TopicPartition partition in partitions)
        {
            _updatedPartitions.Set(partition, true);
        }
    }

    /// <summary>Adds UpdateMetadata that makes some brokers forget topics.</summary>
    internal void AddDeleted(IEnumerable<int> brokers, IEnumerable<DeletedTopic> topics)
    {
        _updateMetadata.UnionWith(brokers);
        _deleted.AddRange(topics);
    }

    /// <summary>The requests to the brokers that live.</summary>
    internal IReadOnlyList<BrokerRequests> Build()
    {
        MetadataUpdate metadata = new(new UpdateMetadataRequest
        {
            ControllerId = controllerId, ControllerEpoch = controllerEpoch, TopicStates = BuildTopicStates(), LiveBrokers = BuildLiveBrokers(),
        });
        return [.. _leaderAndIsr.Keys.Concat(_updateMetadata).Concat(_stopReplica.Keys).Distinct().Order().Where(context.IsLive).Select(broker =>
            new BrokerRequests(broker, BuildLeaderAndIsr(broker), _updateMetadata.Contains(broker) ? metadata.For(context.Brokers[broker].Epoch) : null,
                BuildStopReplica(broker)))];
    }

    /// <summary>A flag that one call has set stays set.</summary>
    private static void Request(SortedDictionary<int, PartitionMap<bool>> requests, int broker, TopicPartition partition, bool flag)
    {
        if (!requests.TryGetValue(broker, out PartitionMap<bool>? partitions))
        {
            requests[broker] = partitions = new PartitionMap<bool>();
        }
        partitions.Set(partition, flag || (partitions.TryGet(partition, out bool isSet) && isSet));
    }

    private LeaderAndIsrRequest? BuildLeaderAndIsr(int broker)
    {
        if (!_leaderAndIsr.TryGetValue(broker, out PartitionMap<bool>? partitions))
        {
            return null;
        }
        IOrderedEnumerable<int> leaders = partitions.Partitions.Select(partition => context.Leadership[partition].Leader).Distinct().Order();
        return new LeaderAndIsrRequest
        {
            ControllerId = controllerId,
            ControllerEpoch = controllerEpoch,
            BrokerEpoch = context.Brokers[broker].Epoch,
            TopicStates = [.. partitions.Topics.Select(topic => new LeaderAndIsrRequest.LeaderAndIsrTopicState
            {
                TopicName = topic.Key,
                TopicId = context.TopicIds.GetValueOrDefault(topic.Key),
                PartitionStates = [.. topic.Value.Select(entry => BuildLeaderAndIsrState(new TopicPartition(topic.Key, entry.Key), entry.Value))],
            })],
            LiveLeaders = [.. leaders.Where(context.IsLive).Select(BuildLiveLeader)],
        };
    }

    private LeaderAndIsrRequest.LeaderAndIsrPartitionState BuildLeaderAndIsrState(TopicPartition partition, bool isNew)
    {
        LeaderAndIsr leadership = context.Leadership[partition];
        ReplicaAssignment assignment = context.Assignment(partition);
        return new LeaderAndIsrRequest.LeaderAndIsrPartitionState
        {
            TopicName = partition.Topic,
            PartitionIndex = partition.Partition,
            ControllerEpoch = leadership.ControllerEpoch,
            Leader = leadership.Leader,
            LeaderEpoch = leadership.LeaderEpoch,
            Isr = leadership.Isr,
            PartitionEpoch = leadership.PartitionEpoch,
            Replicas = assignment.Replicas,
            AddingReplicas = assignment.Adding,
            RemovingReplicas = assignment.Removing,
            IsNew = isNew,
            LeaderRecoveryState = (sbyte)(leadership.IsRecovering ? 1 : 0),
        };
    }

    private LeaderAndIsrRequest.LeaderAndIsrLiveLeader BuildLiveLeader(int broker)
    {
        IReadOnlyList<BrokerEndpoint> endpoints = context.Brokers[broker].Registration.Endpoints;
        BrokerEndpoint? endpoint = endpoints.FirstOrDefault(candidate => candidate.Listener == controllerListener);
        return new LeaderAndIsrRequest.LeaderAndIsrLiveLeader { BrokerId = broker, HostName = endpoint?.Host ?? "", Port = endpoint?.Port ?? -1 };
    }

    private UpdateMetadataRequest.UpdateMetadataTopicState[] BuildTopicStates() =>
    [
        .. _deleted.Select(topic => new UpdateMetadataRequest.UpdateMetadataTopicState
        {
            TopicName = topic.Name,
            TopicId = topic.Id,
            PartitionStates = [.. topic.Partitions.Select(partition => BuildDeletedState(new TopicPartition(topic.Name, partition)))],
        }),
        .. _updatedPartitions.Partitions.Where(context.Leadership.ContainsKey).GroupBy(partition => partition.Topic, StringComparer.Ordinal)
            .Select(topic => new UpdateMetadataRequest.UpdateMetadataTopicState
            {
                TopicName = topic.Key,
                TopicId = context.TopicIds.GetValueOrDefault(topic.Key),
                PartitionStates = [.. topic.Select(BuildMetadataState)],
            }),
    ];

    private UpdateMetadataRequest.UpdateMetadataPartitionState BuildDeletedState(TopicPartition partition) => new()
    {
        TopicName = partition.Topic,
        PartitionIndex = partition.Partition,
        ControllerEpoch = controllerEpoch,
        Leader = LeaderAndIsr.LeaderDuringDelete,
        LeaderEpoch = EpochDuringDelete,
    };

    private UpdateMetadataRequest.UpdateMetadataPartitionState BuildMetadataState(TopicPartition partition)
    {
        LeaderAndIsr leadership = context.Leadership[partition];
        int[] replicas = context.Assignment(partition).Replicas;
        return new UpdateMetadataRequest.UpdateMetadataPartitionState
        {
            TopicName = partition.Topic,
            PartitionIndex = partition.Partition,
            ControllerEpoch = leadership.ControllerEpoch,
            Leader = context.IsBeingDeleted(partition.Topic) ? LeaderAndIsr.LeaderDuringDelete : leadership.Leader,
            LeaderEpoch = leadership.LeaderEpoch,
            Isr = leadership.Isr,
            ZkVersion = leadership.PartitionEpoch,
            Replicas = replicas,
            OfflineReplicas = Array.FindAll(replicas, broker => !context.IsOnline(new Replica(partition, broker), evenShuttingDown: true)),
        };
    }

    private UpdateMetadataRequest.UpdateMetadataBroker[] BuildLiveBrokers() =>
    [
        .. context.Brokers.Values.OrderBy(broker => broker.Registration.Id).Select(broker => new UpdateMetadataRequest.UpdateMetadataBroker
        {
            Id = broker.Registration.Id,
            Rack = broker.Registration.Rack,
            Endpoints = [.. broker.Registration.Endpoints.Select(endpoint => new UpdateMetadataRequest.UpdateMetadataEndpoint
            {
                Host = endpoint.Host,
                Port = endpoint.Port,
                Listener = endpoint.Listener,
                SecurityProtocol = endpoint.SecurityProtocol,
            })],
        }),
    ];

    private StopReplicaRequest? BuildStopReplica(int broker) =>
        !_stopReplica.TryGetValue(broker, out PartitionMap<bool>? partitions) ? null : new StopReplicaRequest
        {
            ControllerId = controllerId,
            ControllerEpoch = controllerEpoch,
            BrokerEpoch = context.Brokers[broker].Epoch,
            TopicStates = [.. partitions.Topics.Select(topic => new StopReplicaRequest.StopReplicaTopicState
            {
                TopicName = topic.Key,
                PartitionStates = [.. topic.Value.Select(entry => new StopReplicaRequest.StopReplicaPartitionState
                {
                    PartitionIndex = entry.Key,
                    LeaderEpoch = EpochToStop(new TopicPartition(topic.Key, entry.Key)),
                    DeletePartition = entry.Value,
                })],
            })],
        };

    private int EpochToStop(TopicPartition partition) => context.IsBeingDeleted(partition.Topic)
        ? EpochDuringDelete
        : context.Leadership.TryGetValue(partition, out LeaderAndIsr? leadership) ? leadership.LeaderEpoch : UnknownEpoch;
}
