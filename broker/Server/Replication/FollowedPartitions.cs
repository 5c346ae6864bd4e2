using Broker.Protocol.Messages;
using Broker.Server.Partitions;
using Broker.Storage;

namespace Broker.Server.Replication;

/// <summary>
/// The partitions that one fetcher follows, and its session with the leader: after the first request, requests name only the partitions whose position has
/// changed (KIP-227). Any thread may call; one fetch is under way at a time.
/// </summary>
/// <param name="services">What all fetchers share.</param>
/// <param name="wake">Called when there may be something to fetch after a delay.</param>
internal sealed class FollowedPartitions(ReplicationServices services, Action wake)
{
    private const int NoSession = 0;
    private const int FullFetch = 0;
    private const short FirstWithReplicaState = 15;

    private readonly Lock _gate = new();

    /// <summary>By name, so that requests list the partitions of a topic together and in the same order in every run.</summary>
    private readonly SortedDictionary<TopicPartition, FollowedPartition> _followed = new(ByName.Instance);

    /// <summary>Those that the next incremental request may have to name.</summary>
    private readonly SortedSet<TopicPartition> _changed = new(ByName.Instance);

    /// <summary>Those that the leader's session holds and that are no longer followed, or are delayed, by name and topic id.</summary>
    private readonly SortedSet<(TopicPartition Name, Guid TopicId)> _forgotten = new(ByName.Instance);

    /// <summary>The topics of the followed partitions by id, and how many partitions of each are followed.</summary>
    private readonly Dictionary<Guid, (string Name, int Partitions)> _topics = [];

    private int _sessionId = NoSession;
    private int _epoch = FullFetch;
    private bool _usesIds;
    private int _withoutId;
    private int _inSession;

    public int Count
    {
        get
        {
            lock (_gate)
            {
                return _followed.Count;
            }
        }
    }

    /// <summary>Follows a partition in an epoch, in place of an older one.</summary>
    public void Add(Partition partition, int leaderEpoch)
    {
        lock (_gate)
        {
            Drop(partition.Name);
            FollowedPartition followed = new(partition, leaderEpoch);
            _followed[partition.Name] = followed;
            _changed.Add(partition.Name);
            CountTopic(followed, 1);
        }
    }

    /// <summary>Stops following a partition.</summary>
    public void Remove(TopicPartition name)
    {
        lock (_gate)
        {
            Drop(name);
        }
    }

    /// <summary>
    /// Leaves a partition out of the fetches for the back-off, or, where <paramref name="untilAssigned"/>, until the controller assigns it anew.
    /// </summary>
    /// <param name="followed">The partition.</param>
    /// <param name="untilAssigned">Whether trying again makes no sense.</param>
    public void Delay(FollowedPartition followed, bool untilAssigned)
    {
        lock (_gate)
        {
            if (_followed.GetValueOrDefault(followed.Partition.Name) == followed)
            {
                LeaveOut(followed, untilAssigned);
            }
        }
    }

    /// <summary>The partition that an answer is about, and the position that was sent; null where it is no longer followed, or was not fetched.</summary>
    public Fetched? Find(TopicPartition name)
    {
        lock (_gate)
        {
            return _followed.GetValueOrDefault(name) is { Sent: { } position } followed ? new Fetched(followed, position) : null;
        }
    }

    /// <summary>The position of a partition may have changed: the next fetch names it.</summary>
    public void NoteChanged(FollowedPartition followed)
    {
        lock (_gate)
        {
            if (_followed.GetValueOrDefault(followed.Partition.Name) == followed && !followed.IsDelayed)
            {
                _changed.Add(followed.Partition.Name);
            }
        }
    }

    /// <summary>Notes how an answer has brought a partition forward.</summary>
    /// <param name="followed">The partition.</param>
    /// <param name="leaderHighWatermark">In the answer.</param>
    public void NoteProgress(FollowedPartition followed, long leaderHighWatermark)
    {
        lock (_gate)
        {
            followed.IsInSync = followed.Partition.Log is { } log && log.LogEndOffset >= leaderHighWatermark;
        }
    }

    /// <summary>The flushes that must end before the next fetch, because it acknowledges the records that they flush.</summary>
    public IReadOnlyList<Task> Flushes()
    {
        List<Task> flushes = [];
        lock (_gate)
        {
            foreach (TopicPartition name in _changed)
            {
                if (_followed[name].Partition.FlushBeforeFetch() is { IsCompletedSuccessfully: false } flush)
                {
                    flushes.Add(flush);
                }
            }
        }

        return flushes;
    }

    /// <summary>The next request, with the version that it needs; null where there is nothing to fetch.</summary>
    public (FetchRequest Request, short Version)? Next()
    {
        lock (_gate)
        {
            HoldBackThrottled();
            bool usesIds = _withoutId == 0;
            if (usesIds != _usesIds)
            {
                _usesIds = usesIds;
                RestartSession();
            }

            List<FetchRequest.FetchTopic> topics = Topics(_epoch == FullFetch ? [.. _followed.Keys] : [.. _changed]);
            if (_inSession == 0)
            {
                RestartSession();
                return null;
            }

            short version = services.Versions.Fetch(usesIds);
            bool hasState = version >= FirstWithReplicaState;
            FetchRequest request = new()
            {
                ReplicaId = hasState ? -1 : services.BrokerId,
                ReplicaState = hasState ? new() { ReplicaId = services.BrokerId, ReplicaEpoch = services.BrokerEpoch() } : new(),
                MaxWaitMs = services.Settings.MaxWaitMs,
                MinBytes = services.Settings.MinBytes,
                MaxBytes = services.Settings.MaxBytes,
                SessionId = _sessionId,
                SessionEpoch = _epoch,
                Topics = [.. topics],
                ForgottenTopicsData = _epoch == FullFetch ? [] : Forgotten(),
            };
            _changed.Clear();
            _forgotten.Clear();
            return (request, version);
        }
    }

    /// <summary>The leader has answered without an error: the session continues, or begins.</summary>
    public void Answered(int sessionId)
    {
        lock (_gate)
        {
            _epoch = sessionId == NoSession ? FullFetch : _epoch == int.MaxValue ? 1 : _epoch + 1;
            _sessionId = sessionId;
        }
    }

    /// <summary>The session is lost, or what the leader knows of it is unknown: the next request names everything.</summary>
    public void Restart()
    {
        lock (_gate)
        {
            RestartSession();
        }
    }

    /// <summary>The name of a topic in the leader's answers.</summary>
    public string? TopicOf(Guid id)
    {
        lock (_gate)
        {
            return _topics.GetValueOrDefault(id).Name;
        }
    }

    /// <summary>While the quota is used up, replicas out of sync to which it applies are not fetched; they are looked at again after the back-off.</summary>
    private void HoldBackThrottled()
    {
        if (!services.Quota.IsExceeded())
        {
            return;
        }

        foreach (FollowedPartition followed in _followed.Values)
        {
            if (!followed.IsInSync && !followed.IsDelayed && services.Quota.IsThrottled(followed.Partition.Name))
            {
                LeaveOut(followed, untilAssigned: false);
            }
        }
    }

    private void LeaveOut(FollowedPartition followed, bool untilAssigned)
    {
        Forget(followed.Partition.Name);
        followed.IsDelayed = true;
        _changed.Remove(followed.Partition.Name);
        if (!untilAssigned)
        {
            followed.Delay = services.Wheel.Schedule(services.Settings.Backoff, () => EndDelay(followed));
        }
    }

    private void EndDelay(FollowedPartition followed)
    {
        lock (_gate)
        {
            followed.IsDelayed = false;
            followed.Delay = null;
            if (_followed.GetValueOrDefault(followed.Partition.Name) == followed)
            {
                _changed.Add(followed.Partition.Name);
            }
        }

        wake();
    }

    private void Drop(TopicPartition name)
    {
        Forget(name);
        _changed.Remove(name);
        if (_followed.Remove(name, out FollowedPartition? former))
        {
            CountTopic(former, -1);
        }
    }

    private void CountTopic(FollowedPartition followed, int change)
    {
        if (followed.TopicId == Guid.Empty)
        {
            _withoutId += change;
            return;
        }

        int partitions = _topics.GetValueOrDefault(followed.TopicId).Partitions + change;
        if (partitions > 0)
        {
            _topics[followed.TopicId] = (followed.Partition.Name.Topic, partitions);
        }
        else
        {
            _topics.Remove(followed.TopicId);
        }
    }

    /// <summary>The leader's session is to hold a partition no longer.</summary>
    private void Forget(TopicPartition name)
    {
        if (_followed.GetValueOrDefault(name) is not { } followed)
        {
            return;
        }

        followed.Delay?.Cancel();
        if (followed.Sent is not null)
        {
            followed.Sent = null;
            _inSession--;
            _forgotten.Add((name, followed.TopicId));
        }
    }

    private void RestartSession()
    {
        // The id stays: a full fetch that names it ends the former session.
        _epoch = FullFetch;
        _forgotten.Clear();
        _inSession = 0;
        foreach (FollowedPartition followed in _followed.Values)
        {
            followed.Sent = null;
        }
    }

    private List<FetchRequest.FetchTopic> Topics(IReadOnlyList<TopicPartition> names)
    {
        List<FetchRequest.FetchTopic> topics = [];
        List<FetchRequest.FetchPartition> partitions = [];
        for (int i = 0; i < names.Count; i++)
        {
            FollowedPartition followed = _followed[names[i]];
            if (!followed.IsDelayed && !followed.Partition.MayFetch)
            {
                // It was added after the flushes began, or its flush has failed: it is flushed again after the back-off.
                LeaveOut(followed, untilAssigned: false);
            }

            if (!followed.IsDelayed && followed.Partition.NextFetch() is { } position && position.LeaderEpoch == followed.LeaderEpoch
                && position != followed.Sent)
            {
                _inSession += followed.Sent is null ? 1 : 0;
                followed.Sent = position;
                _forgotten.Remove((names[i], followed.TopicId));
                partitions.Add(ToRequest(names[i].Partition, position));
            }

            bool isLastOfTopic = i == names.Count - 1 || names[i + 1].Topic != names[i].Topic;
            if (isLastOfTopic && partitions.Count > 0)
            {
                topics.Add(new FetchRequest.FetchTopic { Topic = names[i].Topic, TopicId = followed.TopicId, Partitions = [.. partitions] });
                partitions.Clear();
            }
        }

        return topics;
    }

    private FetchRequest.FetchPartition ToRequest(int number, in FetchPosition position) => new()
    {
        Partition = number,
        CurrentLeaderEpoch = position.LeaderEpoch,
        FetchOffset = position.Offset,
        LastFetchedEpoch = position.LastEpoch,
        LogStartOffset = position.LogStartOffset,
        PartitionMaxBytes = services.Settings.PartitionMaxBytes,
    };

    private FetchRequest.ForgottenTopic[] Forgotten() =>
    [
        .. _forgotten.GroupBy(entry => (entry.Name.Topic, entry.TopicId)).Select(topic => new FetchRequest.ForgottenTopic
        {
            Topic = topic.Key.Topic,
            TopicId = topic.Key.TopicId,
            Partitions = [.. topic.Select(entry => entry.Name.Partition)],
        }),
    ];

    /// <summary>A partition and the position from which it was fetched.</summary>
    internal readonly record struct Fetched(FollowedPartition Followed, FetchPosition Position);

    private sealed class ByName : IComparer<TopicPartition>, IComparer<(TopicPartition Name, Guid TopicId)>
    {
        public static readonly ByName Instance = new();

        public int Compare(TopicPartition x, TopicPartition y) =>
            string.CompareOrdinal(x.Topic, y.Topic) is var byTopic and not 0 ? byTopic : x.Partition.CompareTo(y.Partition);

        public int Compare((TopicPartition Name, Guid TopicId) x, (TopicPartition Name, Guid TopicId) y) =>
            Compare(x.Name, y.Name) is var byName and not 0 ? byName : x.TopicId.CompareTo(y.TopicId);
    }
}
