using Broker.Protocol.Messages;
using Broker.Server.Metadata.Znodes;
using Broker.Storage;
using LeaderState = Broker.Protocol.Messages.LeaderAndIsrRequest.LeaderAndIsrPartitionState;
using MetadataState = Broker.Protocol.Messages.UpdateMetadataRequest.UpdateMetadataPartitionState;
using StopState = Broker.Protocol.Messages.StopReplicaRequest.StopReplicaPartitionState;

namespace Broker.Server.Controller;

/// <summary>
/// Merges the requests that wait for one broker to the newest state of each partition and the newest list of live brokers; pure. The broker ends in the same
/// state as after all of them in their order. A deletion is never lost and stays behind what was sent before it: where a partition or a topic is created again
/// after it was deleted, the deletion moves into requests of its own, which come first. The list of live brokers comes first too where a leader follows it: a
/// broker does not follow a leader that it does not know to be alive.
/// </summary>
internal sealed class RequestMerge
{
    private readonly PartitionMap<StopState> _firstStops = new();
    private readonly PartitionMap<MetadataState> _firstMetadata = new();
    private readonly PartitionMap<LeaderState> _leaders = new();
    private readonly PartitionMap<MetadataState> _metadata = new();
    private readonly PartitionMap<StopState> _stops = new();
    private readonly Dictionary<string, Guid> _leaderIds = new(StringComparer.Ordinal);
    private readonly Dictionary<string, Guid> _metadataIds = new(StringComparer.Ordinal);
    private readonly Dictionary<string, Guid> _firstIds = new(StringComparer.Ordinal);
    private readonly SortedDictionary<int, LeaderAndIsrRequest.LeaderAndIsrLiveLeader> _liveLeaders = [];
    private bool _isListBeforeLeaders;
    private LeaderAndIsrRequest? _lastLeaders;
    private UpdateMetadataRequest? _lastMetadata;
    private StopReplicaRequest? _lastStops;

    /// <summary>The merged requests, at most two; in the order in which they are to be sent.</summary>
    internal static List<BrokerRequests> Of(IEnumerable<BrokerRequests> waiting)
    {
        RequestMerge merge = new();
        int broker = -1;
        foreach (BrokerRequests requests in waiting)
        {
            broker = requests.Broker;
            merge.Add(requests.LeaderAndIsr);
            merge.Add(requests.UpdateMetadata?.Request);
            merge.Add(requests.StopReplica);
        }

        BrokerRequests first = new(broker, null, merge.Build(merge._firstMetadata, merge._firstIds), merge.Build(merge._firstStops));
        BrokerRequests last = new(broker, merge.BuildLeaders(), merge.Build(merge._metadata, merge._metadataIds), merge.Build(merge._stops));
        return first.States > 0 || merge is { _isListBeforeLeaders: true, _leaders.IsEmpty: false } ? [first, last] : [last];
    }

    private void Add(LeaderAndIsrRequest? request)
    {
        if (request is null)
        {
            return;
        }
        _lastLeaders = request;
        _isListBeforeLeaders |= _lastMetadata is not null;
        foreach (LeaderAndIsrRequest.LeaderAndIsrLiveLeader leader in request.LiveLeaders)
        {
            _liveLeaders[leader.BrokerId] = leader;
        }
        foreach (LeaderAndIsrRequest.LeaderAndIsrTopicState topic in request.TopicStates)
        {
            if (_leaderIds.TryGetValue(topic.TopicName, out Guid former) && former != topic.TopicId)
            {
                _leaders.RemoveTopic(topic.TopicName);
            }
            _leaderIds[topic.TopicName] = topic.TopicId;
            foreach (LeaderState state in topic.PartitionStates)
            {
                Add(new TopicPartition(topic.TopicName, state.PartitionIndex), state);
            }
        }
    }

    private void Add(TopicPartition partition, LeaderState state)
    {
        bool isDeletedBefore = _stops.TryGet(partition, out StopState? stop) && stop.DeletePartition;
        if (isDeletedBefore)
        {
            _firstStops.Set(partition, stop!);
        }
        else if (_leaders.TryGet(partition, out LeaderState? former))
        {
            state.IsNew |= former.IsNew;
        }
        _stops.Remove(partition);
        _leaders.Set(partition, state);
    }

    private void Add(UpdateMetadataRequest? request)
    {
        if (request is null)
        {
            return;
        }
        _lastMetadata = request;
        foreach (UpdateMetadataRequest.UpdateMetadataTopicState topic in request.TopicStates)
        {
            if (_metadataIds.TryGetValue(topic.TopicName, out Guid former) && former != topic.TopicId)
            {
                Replace(topic.TopicName, former);
            }
            _metadataIds[topic.TopicName] = topic.TopicId;
            foreach (MetadataState state in topic.PartitionStates)
            {
                _metadata.Set(new TopicPartition(topic.TopicName, state.PartitionIndex), state);
            }
        }
    }

    /// <summary>A topic of the same name and another id follows: that its predecessor was deleted is sent first.</summary>
    private void Replace(string topic, Guid former)
    {
        if (!_metadata.Topics.TryGetValue(topic, out SortedDictionary<int, MetadataState>? states))
        {
            return;
        }
        _firstIds[topic] = former;
        foreach ((int number, MetadataState state) in states.Where(state => state.Value.Leader == LeaderAndIsr.LeaderDuringDelete))
        {
            _firstMetadata.Set(new TopicPartition(topic, number), state);
        }
        _metadata.RemoveTopic(topic);
    }

    private void Add(StopReplicaRequest? request)
    {
        if (request is null)
        {
            return;
        }
        _lastStops = request;
        foreach (StopReplicaRequest.StopReplicaTopicState topic in request.TopicStates)
        {
            foreach (StopState state in topic.PartitionStates)
            {
                Add(new TopicPartition(topic.TopicName, state.PartitionIndex), state);
            }
        }
    }

    private void Add(TopicPartition partition, StopState state)
    {
        if (state.DeletePartition)
        {
            // Nothing of the partition stays: what was to be done with it before needs not be done.
            _leaders.Remove(partition);
            _firstStops.Remove(partition);
        }
        else if (_stops.TryGet(partition, out StopState? former) && former.DeletePartition)
        {
            return;
        }
        _stops.Set(partition, state);
    }

    private LeaderAndIsrRequest? BuildLeaders() => _leaders.IsEmpty ? null : new LeaderAndIsrRequest
    {
        ControllerId = _lastLeaders!.ControllerId,
        ControllerEpoch = _lastLeaders.ControllerEpoch,
        BrokerEpoch = _lastLeaders.BrokerEpoch,
        Type = _lastLeaders.Type,
        LiveLeaders = [.. _liveLeaders.Values],
        TopicStates = [.. _leaders.Topics.Select(topic => new LeaderAndIsrRequest.LeaderAndIsrTopicState
        {
            TopicName = topic.Key, TopicId = _leaderIds[topic.Key], PartitionStates = [.. topic.Value.Values],
        })],
    };

    private MetadataUpdate? Build(PartitionMap<MetadataState> states, Dictionary<string, Guid> ids) => _lastMetadata is null ? null : new(new()
    {
        ControllerId = _lastMetadata.ControllerId,
        ControllerEpoch = _lastMetadata.ControllerEpoch,
        BrokerEpoch = _lastMetadata.BrokerEpoch,
        LiveBrokers = _lastMetadata.LiveBrokers,
        TopicStates = [.. states.Topics.Select(topic => new UpdateMetadataRequest.UpdateMetadataTopicState
        {
            TopicName = topic.Key, TopicId = ids[topic.Key], PartitionStates = [.. topic.Value.Values],
        })],
    });

    private StopReplicaRequest? Build(PartitionMap<StopState> states) => states.IsEmpty ? null : new StopReplicaRequest
    {
        ControllerId = _lastStops!.ControllerId,
        ControllerEpoch = _lastStops.ControllerEpoch,
        BrokerEpoch = _lastStops.BrokerEpoch,
        TopicStates = [.. states.Topics.Select(topic => new StopReplicaRequest.StopReplicaTopicState
        {
            TopicName = topic.Key, PartitionStates = [.. topic.Value.Values],
        })],
    };
}
