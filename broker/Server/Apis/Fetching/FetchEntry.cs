using Broker.Protocol;
using Broker.Protocol.Messages;
using Broker.Server.Metadata;
using Broker.Server.Partitions;
using Broker.Storage.Logs;

namespace Broker.Server.Apis.Fetching;

/// <summary>Names a partition as the request does: by topic name below version 13, by topic id from there on; the other is empty.</summary>
internal readonly record struct FetchKey(string Topic, Guid TopicId, int Partition);

/// <summary>
/// Where a fetch reads one partition, or why it does not. It is replaced as a whole and never changed, so that the thread of an append sees all of one request.
/// </summary>
/// <param name="Error">Found before reading.</param>
/// <param name="Topic">The topic's name; empty where the id is unknown.</param>
/// <param name="Partition">Null with an error.</param>
/// <param name="Query">What to read.</param>
/// <param name="Place">Where the query's offset lies, for a fetch that waits for more than one byte.</param>
internal sealed record FetchTarget(ErrorCode Error, string Topic, Partition? Partition, FetchQuery Query, LogPlace Place)
{
    /// <summary>
    /// False where Kafka does not read at all: such a partition is answered with its error, but it neither keeps the other partitions from waiting nor ends
    /// their wait.
    /// </summary>
    public bool IsResolved => Error is not (ErrorCode.UnknownTopicId or ErrorCode.TopicAuthorizationFailed or ErrorCode.UnknownTopicOrPartition);

    /// <summary>The bytes that a waiting fetch would get now; -1 when it must be answered at once. Touches no disk.</summary>
    public long Available(long enough) => Partition?.Available(Query, enough, Place) ?? -1;
}

/// <summary>One partition of a fetch: what the client asks for, where that is read, and, in a session, what the last answer was.</summary>
internal sealed class FetchEntry(FetchKey key, FetchSession session) : PartitionWaiter
{
    private string? _topic = key.Topic.Length == 0 ? null : key.Topic;
    private FetchTarget? _target;
    private long _knownHighWatermark = -1;
    private long _knownLogStart = -1;

    public FetchKey Key => key;

    /// <summary>What the request says of the partition, the last one that names it.</summary>
    public FetchRequest.FetchPartition Asked { get; private set; } = new();

    /// <summary>Null until it was resolved for the first time.</summary>
    public FetchTarget? Target => Volatile.Read(ref _target);

    /// <summary>Its place in the order of reading: what gave records gets the last one.</summary>
    public long Turn { get; set; }

    /// <summary>Whether the next fetch looks at it. Under the session's lock of its watches.</summary>
    public bool IsActive { get; set; }

    /// <summary>Whether the client has taken it out. Under the same lock.</summary>
    public bool IsForgotten { get; set; }

    /// <summary>The bytes that the waiting fetch has counted here; 0 while it is not active. Under the waiting fetch's lock.</summary>
    public long Counted { get; set; }

    public void Ask(FetchRequest.FetchPartition asked) => Asked = asked;

    /// <summary>The topic's name. Of an id it is remembered: after the topic's deletion Kafka still knows what the session means.</summary>
    public string? TopicIn(ClusterImage image) => _topic ??= image.Topic(key.TopicId)?.Name;

    /// <summary>Says where it is read from now on.</summary>
    public void Aim(ErrorCode error, string topic, Partition? partition, in FetchQuery query)
    {
        if (_target is not { } target || target.Partition != partition || target.Error != error || target.Query != query)
        {
            Volatile.Write(ref _target, new FetchTarget(error, topic, partition, query, LogPlace.Unknown));
        }
    }

    /// <summary>Finds where the offset lies, so that an append can tell how many bytes there are from it on. May read the disk.</summary>
    public void Locate()
    {
        if (Target is { Partition.Log: { } log } target)
        {
            Volatile.Write(ref _target, target with { Place = PlaceOf(log, target.Query.Offset) });
        }
    }

    public override void OnPartitionChanged() => session.OnChanged(this);

    /// <summary>Whether an incremental response must hold this answer: the client does not know all of it yet (KIP-227).</summary>
    public bool Differs(in FetchAnswer answer) =>
        answer.Length > 0
        || _knownHighWatermark != answer.HighWatermark
        || _knownLogStart != answer.LogStartOffset
        || answer.Error != ErrorCode.None
        || answer.Diverging is not null;

    /// <summary>Notes what the client knows with this answer. After an error it knows nothing, so that the recovery is reported.</summary>
    public void NoteAnswer(in FetchAnswer answer)
    {
        _knownHighWatermark = answer.Error == ErrorCode.None ? answer.HighWatermark : -1;
        _knownLogStart = answer.LogStartOffset;
    }

    private static LogPlace PlaceOf(PartitionLog log, long offset)
    {
        try
        {
            return log.PlaceOf(offset);
        }
        catch (IOException)
        {
            // The fetch is answered at once, and its reading says what is wrong.
            return LogPlace.Unknown;
        }
    }
}
