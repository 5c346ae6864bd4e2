using Broker.Protocol.Messages;

namespace Broker.Server.Apis.Fetching;

/// <summary>Names a partition as the request does: by topic name below version 13, by topic id from there on; the other is empty.</summary>
internal readonly record struct FetchKey(string Topic, Guid TopicId, int Partition);

/// <summary>What a client wants of one partition, and, in a session, what it was told last.</summary>
internal sealed class FetchEntry(FetchKey key)
{
    public FetchKey Key => key;

    public long FetchOffset { get; private set; }

    public int CurrentLeaderEpoch { get; private set; }

    public int LastFetchedEpoch { get; private set; }

    public long LogStartOffset { get; private set; }

    public int MaxBytes { get; private set; }

    private long ToldHighWatermark { get; set; } = -1;

    private long ToldLogStart { get; set; } = -1;

    /// <summary>Takes over what a request says of the partition.</summary>
    public void Update(FetchRequest.FetchPartition asked)
    {
        FetchOffset = asked.FetchOffset;
        CurrentLeaderEpoch = asked.CurrentLeaderEpoch;
        LastFetchedEpoch = asked.LastFetchedEpoch;
        LogStartOffset = asked.LogStartOffset;
        MaxBytes = asked.PartitionMaxBytes;
    }

    /// <summary>Notes what the client is told, and says whether an incremental response must tell it: anything but the same again (KIP-227).</summary>
    public bool Note(FetchResponse.PartitionData answer)
    {
        bool news = (answer.Records?.Length ?? 0) > 0
            || ToldHighWatermark != answer.HighWatermark
            || ToldLogStart != answer.LogStartOffset
            || answer.PreferredReadReplica != -1
            || answer.ErrorCode != 0
            || answer.DivergingEpoch is not null;

        // After an error nothing counts as told, so that the recovery is reported.
        ToldHighWatermark = answer.ErrorCode == 0 ? answer.HighWatermark : -1;
        ToldLogStart = answer.LogStartOffset;
        return news;
    }
}

/// <summary>What a broker remembers of a client's fetches, so that requests and responses hold only what changed (KIP-227). Used under <see cref="Gate"/>.</summary>
internal sealed class FetchSession
{
    private readonly Dictionary<FetchKey, LinkedListNode<FetchEntry>> _byKey = [];
    private readonly LinkedList<FetchEntry> _inOrder = new();
    private int _count;

    public FetchSession(int id, bool usesTopicIds, bool isPrivileged, long nowMs)
    {
        Id = id;
        UsesTopicIds = usesTopicIds;
        IsPrivileged = isPrivileged;
        CreatedMs = nowMs;
        LastUsedMs = nowMs;
    }

    public Lock Gate { get; } = new();

    public int Id { get; }

    public bool UsesTopicIds { get; }

    /// <summary>From another broker: it may put out sessions of consumers.</summary>
    public bool IsPrivileged { get; }

    public long CreatedMs { get; }

    /// <summary>Changed under the cache's lock.</summary>
    public long LastUsedMs { get; set; }

    /// <summary>What the next incremental request must say: 1 after the creation, and 1 again after 2147483647.</summary>
    public int NextEpoch { get; private set; } = 1;

    /// <summary>Partitions, and those that have been granted to come; readable without the gate.</summary>
    public int Count => Volatile.Read(ref _count);

    /// <summary>Partitions that a request would add; one that it names twice counts twice.</summary>
    public int CountNew(FetchRequest request)
    {
        int count = 0;
        foreach (FetchRequest.FetchTopic topic in request.Topics)
        {
            foreach (FetchRequest.FetchPartition partition in topic.Partitions)
            {
                count += _byKey.ContainsKey(KeyOf(topic.Topic, topic.TopicId, partition.Partition)) ? 0 : 1;
            }
        }

        return count;
    }

    /// <summary>Counts partitions before they come. Under the cache's lock, so that what is granted to all together keeps its limit.</summary>
    public void Grant(int count) => Volatile.Write(ref _count, _inOrder.Count + count);

    /// <summary>The partitions in the order in which they have their turn.</summary>
    public FetchEntry[] Entries()
    {
        FetchEntry[] entries = new FetchEntry[_inOrder.Count];
        _inOrder.CopyTo(entries, 0);
        return entries;
    }

    public void Add(FetchEntry entry)
    {
        if (_byKey.TryAdd(entry.Key, null!))
        {
            _byKey[entry.Key] = _inOrder.AddLast(entry);
            Volatile.Write(ref _count, Math.Max(_count, _inOrder.Count));
        }
    }

    /// <summary>Takes over an incremental request: partitions added or changed, and those forgotten. What it adds has been granted.</summary>
    public void Update(FetchRequest request)
    {
        foreach (FetchRequest.FetchTopic topic in request.Topics)
        {
            foreach (FetchRequest.FetchPartition partition in topic.Partitions)
            {
                FetchKey key = KeyOf(topic.Topic, topic.TopicId, partition.Partition);
                if (!_byKey.TryGetValue(key, out LinkedListNode<FetchEntry>? node))
                {
                    Add(new FetchEntry(key));
                    node = _byKey[key];
                }

                node.Value.Update(partition);
            }
        }

        foreach (FetchRequest.ForgottenTopic topic in request.ForgottenTopicsData)
        {
            foreach (int partition in topic.Partitions)
            {
                Remove(KeyOf(topic.Topic, topic.TopicId, partition));
            }
        }

        Volatile.Write(ref _count, _inOrder.Count);
    }

    /// <summary>The request was accepted.</summary>
    public void Advance() => NextEpoch = EpochAfter(NextEpoch);

    internal static int EpochAfter(int epoch) => epoch == int.MaxValue ? 1 : epoch + 1;

    /// <summary>Partitions that gave data have their turn last next time, so that no partition starves.</summary>
    public void MoveLast(FetchEntry entry)
    {
        if (_byKey.TryGetValue(entry.Key, out LinkedListNode<FetchEntry>? node) && ReferenceEquals(node.Value, entry))
        {
            _inOrder.Remove(node);
            _inOrder.AddLast(node);
        }
    }

    private FetchKey KeyOf(string topic, Guid id, int partition) => UsesTopicIds ? new FetchKey("", id, partition) : new FetchKey(topic, Guid.Empty, partition);

    private void Remove(FetchKey key)
    {
        if (_byKey.Remove(key, out LinkedListNode<FetchEntry>? node))
        {
            _inOrder.Remove(node);
        }
    }
}
