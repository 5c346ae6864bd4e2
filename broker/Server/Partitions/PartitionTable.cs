using System.Collections.Immutable;
using Broker.Protocol;
using Broker.Protocol.Messages;
using Broker.Storage;
using Broker.Storage.Files;
using Broker.Storage.Logs;

namespace Broker.Server.Partitions;

/// <summary>
/// The partitions that this broker holds. Only the controller's requests add and remove partitions and change roles; they are applied one at a time, in the
/// order of the calls. <see cref="Find"/> does not lock.
/// </summary>
internal sealed class PartitionTable
{
    private readonly PartitionDictionary<Partition> _partitions = new();
    private readonly Lock _controllerLock = new();
    private readonly PartitionHost _host;
    private readonly IPartitionLogs _logs;
    private readonly Func<long> _brokerEpoch;
    private readonly Func<int, bool> _passes;
    private readonly IReadOnlyList<IPartitionListener> _listeners;

    /// <summary>Assigned partitions whose log cannot be opened until there is room for it. Under the controller's lock.</summary>
    private readonly Dictionary<TopicPartition, (Guid TopicId, Assignment Assignment)> _missingLogs = [];

    /// <param name="host">What all partitions share.</param>
    /// <param name="logs">The log directories.</param>
    /// <param name="brokerEpoch">The czxid of this broker's registration; requests to a former registration are refused.</param>
    /// <param name="passes">Whether a controller epoch is not below those of former requests, of whichever kind.</param>
    /// <param name="listeners">Notified of each change of role.</param>
    public PartitionTable(
        PartitionHost host, IPartitionLogs logs, Func<long> brokerEpoch, Func<int, bool> passes, IReadOnlyList<IPartitionListener> listeners) =>
        (_host, _logs, _brokerEpoch, _passes, _listeners) = (host, logs, brokerEpoch, passes, listeners);

    /// <summary>All partitions of this moment, by topic and number.</summary>
    public IEnumerable<Partition> All => _partitions.Values;

    public int Count => _partitions.Count;

    public int LeaderCount => _partitions.Values.Count(p => p.State.IsLeader);

    /// <summary>Changes of the in-sync replicas that the controller has answered.</summary>
    public IsrCounts IsrCounts => _host.IsrCounts;

    /// <summary>True once a controller has assigned this broker its partitions: before, high watermarks must not be checkpointed.</summary>
    public bool IsInitialized { get; private set; }

    /// <summary>Null when this broker holds no replica of it.</summary>
    public Partition? Find(string topic, int index) => _partitions.Find(new TopicPartition(topic, index));

    /// <summary>Applies the roles and replicas that the controller assigns. Blocks on the disk for new partitions.</summary>
    public LeaderAndIsrResponse Apply(LeaderAndIsrRequest request)
    {
        List<LeaderAndIsrResponse.LeaderAndIsrTopicError> topics = [];
        List<LeaderAndIsrResponse.LeaderAndIsrPartitionError> ungrouped = [];
        List<Partition> changed = [];
        lock (_controllerLock)
        {
            ErrorCode refused = CheckController(request.ControllerEpoch, request.BrokerEpoch);
            if (refused != ErrorCode.None)
            {
                return new LeaderAndIsrResponse { ErrorCode = (short)refused };
            }

            foreach (LeaderAndIsrRequest.LeaderAndIsrTopicState topic in request.TopicStates)
            {
                LeaderAndIsrResponse.LeaderAndIsrPartitionError[] errors = new LeaderAndIsrResponse.LeaderAndIsrPartitionError[topic.PartitionStates.Length];
                for (int i = 0; i < errors.Length; i++)
                {
                    errors[i] = Apply(topic.TopicName, topic.TopicId, topic.PartitionStates[i], changed);
                }

                topics.Add(new() { TopicId = topic.TopicId, PartitionErrors = errors });
                ungrouped.AddRange(errors);
            }

            foreach (LeaderAndIsrRequest.LeaderAndIsrPartitionState state in request.UngroupedPartitionStates)
            {
                ungrouped.Add(Apply(state.TopicName, Guid.Empty, state, changed));
            }

            IsInitialized = true;
            changed.ForEach(NotifyOfRole);
        }

        return new LeaderAndIsrResponse { Topics = [.. topics], PartitionErrors = [.. ungrouped] };
    }

    /// <summary>Stops replicas, and deletes those that the request marks for deletion. Blocks on the disk.</summary>
    public StopReplicaResponse Apply(StopReplicaRequest request)
    {
        List<StopReplicaResponse.StopReplicaPartitionError> errors = [];
        lock (_controllerLock)
        {
            ErrorCode refused = CheckController(request.ControllerEpoch, request.BrokerEpoch);
            if (refused != ErrorCode.None)
            {
                return new StopReplicaResponse { ErrorCode = (short)refused };
            }

            foreach ((TopicPartition name, int leaderEpoch, bool delete) in ReplicasToStop(request))
            {
                ErrorCode error = Stop(name, leaderEpoch, delete);
                errors.Add(new() { TopicName = name.Topic, PartitionIndex = name.Partition, ErrorCode = (short)error });
            }
        }

        return new StopReplicaResponse { PartitionErrors = [.. errors] };
    }

    /// <summary>
    /// Tries again to open the logs for which there was no room (on the disk, or among the process's handles) when the controller assigned them. Blocks on the
    /// disk.
    /// </summary>
    public void OpenMissingLogs()
    {
        lock (_controllerLock)
        {
            List<Partition> changed = [];
            foreach ((TopicPartition name, (Guid topicId, Assignment assignment)) in _missingLogs.ToArray())
            {
                Assign(name, topicId, assignment, changed);
            }

            changed.ForEach(NotifyOfRole);
        }
    }

    /// <summary>Gives the partitions of a topic its present settings, those of all topics where it is null, from the next append on.</summary>
    public void Configure(string? topic, Func<string, LogConfig> configOf)
    {
        lock (_controllerLock)
        {
            foreach (IGrouping<string, Partition> partitions in _partitions.Values.Where(partition => topic is null || partition.Name.Topic == topic)
                .GroupBy(partition => partition.Name.Topic, StringComparer.Ordinal))
            {
                LogConfig config = configOf(partitions.Key);
                foreach (Partition partition in partitions)
                {
                    partition.Maintain(log => log.Config = config);
                }
            }
        }
    }

    /// <summary>
    /// Deletes segments of one log directory that the topics' retention settings no longer keep, one partition after the other. Blocks on the disk.
    /// </summary>
    /// <returns>How many segments were deleted.</returns>
    public int DeleteOldSegments(string directory)
    {
        int deleted = 0;
        foreach (Partition partition in OnDirectory(directory))
        {
            HandleFailures(partition, () => partition.Maintain(log => deleted += log.DeleteOldSegments(_host.NowMs)));
        }

        return deleted;
    }

    /// <summary>
    /// Expires producers of one log directory's partitions that have been idle for longer than <c>producer.id.expiration.ms</c>. Waits for running appends.
    /// </summary>
    public void ExpireProducers(string directory)
    {
        foreach (Partition partition in OnDirectory(directory))
        {
            partition.Maintain(log => log.ExpireProducers(_host.NowMs));
        }
    }

    /// <summary>Takes all partitions offline whose log directory has failed. Cheap; called when a directory fails.</summary>
    public void FailOfflineLogs()
    {
        foreach (Partition partition in _partitions.Values)
        {
            if (partition.Log is { IsOffline: true })
            {
                partition.Fail();
            }
        }
    }

    /// <summary>For a stopping broker: on return no append runs on any partition, and none can begin, so that the logs can be closed.</summary>
    public void StopAppends()
    {
        foreach (Partition partition in _partitions.Values)
        {
            partition.StopAppends();
        }
    }

    private static IEnumerable<(TopicPartition Name, int LeaderEpoch, bool Delete)> ReplicasToStop(StopReplicaRequest request)
    {
        // Version 0 lists partitions, 1 and 2 topics with one flag for all, 3 a flag and an epoch each.
        IEnumerable<(TopicPartition, int, bool)> first = request.UngroupedPartitions
            .Select(p => (new TopicPartition(p.TopicName, p.PartitionIndex), -1, request.DeletePartitions));
        IEnumerable<(TopicPartition, int, bool)> second = request.Topics
            .SelectMany(t => t.PartitionIndexes.Select(p => (new TopicPartition(t.Name, p), -1, request.DeletePartitions)));
        IEnumerable<(TopicPartition, int, bool)> third = request.TopicStates
            .SelectMany(t => t.PartitionStates.Select(p => (new TopicPartition(t.TopicName, p.PartitionIndex), p.LeaderEpoch, p.DeletePartition)));
        return first.Concat(second).Concat(third);
    }

    private static Assignment ToAssignment(LeaderAndIsrRequest.LeaderAndIsrPartitionState state) => new(
        state.Leader,
        state.LeaderEpoch,
        state.PartitionEpoch,
        ImmutableArray.Create(state.Replicas),
        ImmutableArray.Create(state.Isr),
        state.IsNew)
    {
        Adding = ImmutableArray.Create(state.AddingReplicas),
        Removing = ImmutableArray.Create(state.RemovingReplicas),
    };

    private ErrorCode CheckController(int controllerEpoch, long brokerEpoch)
    {
        ErrorCode error = brokerEpoch >= 0 && brokerEpoch < _brokerEpoch() ? ErrorCode.StaleBrokerEpoch
            : !_passes(controllerEpoch) ? ErrorCode.StaleControllerEpoch
            : ErrorCode.None;
        if (error != ErrorCode.None)
        {
            PartitionLogMessages.ControllerRefused(_host.Logger, controllerEpoch, brokerEpoch, error);
        }

        return error;
    }

    private LeaderAndIsrResponse.LeaderAndIsrPartitionError Apply(
        string topic, Guid topicId, LeaderAndIsrRequest.LeaderAndIsrPartitionState state, List<Partition> changed)
    {
        TopicPartition name = new(topic, state.PartitionIndex);
        ErrorCode error = Assign(name, topicId, ToAssignment(state), changed);
        // A new controller sends each replica its present epoch again.
        bool isKnown = error == ErrorCode.StaleControllerEpoch && state.LeaderEpoch == _partitions.Find(name)?.State.LeaderEpoch;
        if (error != ErrorCode.None && !isKnown)
        {
            PartitionLogMessages.AssignmentRefused(_host.Logger, name, state.LeaderEpoch, error);
        }

        return new() { TopicName = topic, PartitionIndex = state.PartitionIndex, ErrorCode = (short)error };
    }

    private ErrorCode Assign(TopicPartition name, Guid topicId, Assignment assignment, List<Partition> changed)
    {
        bool wasMissing = _missingLogs.Remove(name);
        Partition partition = (wasMissing ? null : _partitions.Find(name)) ?? new Partition(name, _host);
        try
        {
            ErrorCode error = CheckAssignment(partition, topicId, assignment);
            if (error != ErrorCode.None)
            {
                return error;
            }

            PartitionLog log = partition.Log ?? _logs.Open(name, topicId, assignment.IsNew);
            if (IsAnotherTopic(log.TopicId, topicId))
            {
                return ErrorCode.InconsistentTopicId;
            }

            _logs.NoteTopicId(log, topicId);
            error = partition.Assign(assignment, log, topicId);
            if (error == ErrorCode.None)
            {
                _partitions.Set(name, partition);
                changed.Add(partition);
            }

            return error;
        }
        catch (IOException failure)
        {
            partition.Fail();
            _partitions.Set(name, partition); // known and offline, so that clients get error 56 and not 3
            if (Shortage.Is(failure))
            {
                return RetryOpeningLater(name, topicId, assignment, wasMissing ? null : failure);
            }

            PartitionLogMessages.LogFailed(_host.Logger, name, failure);
            return ErrorCode.KafkaStorageError;
        }
    }

    /// <summary>The disk works but is short of room: the controller gets no error, and clients try again until there is room.</summary>
    private ErrorCode RetryOpeningLater(TopicPartition name, Guid topicId, Assignment assignment, IOException? first)
    {
        _missingLogs[name] = (topicId, assignment);
        if (first is not null)
        {
            PartitionLogMessages.LogWithoutRoom(_host.Logger, name, first);
        }

        return ErrorCode.None;
    }

    /// <summary>Refuses an assignment before a log is opened for it where possible. One of the current epoch may still give the topic's id.</summary>
    private ErrorCode CheckAssignment(Partition partition, Guid topicId, Assignment assignment)
    {
        if (IsAnotherTopic(partition.TopicId, topicId))
        {
            return ErrorCode.InconsistentTopicId;
        }

        PartitionState state = partition.State;
        if (assignment.LeaderEpoch == state.LeaderEpoch && partition.TopicId == Guid.Empty && topicId != Guid.Empty && partition.Log is { } log)
        {
            _logs.NoteTopicId(log, topicId);
            partition.NoteTopicId(topicId);
        }

        return PartitionTransitions.Assign(state, assignment, _host.BrokerId, logEndOffset: 0, nowMs: 0).Error;
    }

    private IEnumerable<Partition> OnDirectory(string directory) => _partitions.Values.Where(partition => partition.Log?.Directory == directory);

    private static bool IsAnotherTopic(Guid known, Guid given) => known != Guid.Empty && given != Guid.Empty && known != given;

    private ErrorCode Stop(TopicPartition name, int leaderEpoch, bool delete)
    {
        if (_missingLogs.Remove(name))
        {
            _partitions.Remove(name);
        }

        Partition? partition = _partitions.Find(name);
        ErrorCode error = partition?.Stop(leaderEpoch, delete) ?? ErrorCode.None;
        if (error != ErrorCode.None)
        {
            return error;
        }

        PartitionLogMessages.Stopped(_host.Logger, name, delete);
        if (partition is not null)
        {
            NotifyListeners(listener => listener.Stopped(name.Topic, name.Partition, leaderEpoch));
        }

        return delete ? Delete(name, partition) : ErrorCode.None;
    }

    /// <summary>Deletes the log; a replica that the broker does not serve may still have one from before a restart.</summary>
    private ErrorCode Delete(TopicPartition name, Partition? partition)
    {
        _partitions.Remove(name);
        try
        {
            if ((partition?.Log ?? _logs.Find(name)) is { } log)
            {
                _logs.Delete(log);
                return ErrorCode.None;
            }

            // Were it called deleted, a later topic of the name would find the log of the former one when the directory works again.
            return _logs.MayLieOffline(name) ? ErrorCode.KafkaStorageError : ErrorCode.None;
        }
        catch (IOException failure)
        {
            PartitionLogMessages.LogFailed(_host.Logger, name, failure);
            return ErrorCode.KafkaStorageError;
        }
    }

    private void NotifyOfRole(Partition partition)
    {
        PartitionState state = partition.State;
        if (state.IsLeader)
        {
            PartitionLogMessages.Leads(_host.Logger, partition.Name, state.LeaderEpoch, state.LeaderEpochStartOffset);
            NotifyListeners(listener => listener.BecameLeader(partition.Name.Topic, partition.Name.Partition, state.LeaderEpoch));
        }
        else
        {
            PartitionLogMessages.Follows(_host.Logger, partition.Name, state.LeaderId, state.LeaderEpoch);
            NotifyListeners(listener => listener.BecameFollower(partition.Name.Topic, partition.Name.Partition, state.LeaderId, state.LeaderEpoch));
        }
    }

    private void NotifyListeners(Action<IPartitionListener> call)
    {
        foreach (IPartitionListener listener in _listeners)
        {
            call(listener);
        }
    }

    private void HandleFailures(Partition partition, Action work)
    {
        try
        {
            work();
        }
        catch (IOException failure)
        {
            PartitionLogMessages.LogFailed(_host.Logger, partition.Name, failure);
            if (partition.Log is { IsOffline: true })
            {
                partition.Fail();
            }
        }
    }
}
