using Broker.Protocol;
using Broker.Protocol.Messages;
using Broker.Server.Metadata;
using Broker.Server.Partitions;
using Broker.Storage.Logs;

namespace Broker.Server.Apis.Fetching;

/// <summary>Names a partition as the request does: by topic name below version 13, by topic id from there on; the other is empty.</summary>
internal readonly record struct FetchKey(string Topic, Guid TopicId, int Partition);

/// <summary>
/// From where a fetch reads one partition, or the error why it cannot. Immutable: an appending thread that reads it sees the fields of one request.
/// </summary>
/// <param name="Error">The error that was found before reading.</param>
/// <param name="Topic">The topic's name; empty where the topic id is unknown.</param>
/// <param name="Partition">Null where there is an error.</param>
/// <param name="Query">What the fetch reads.</param>
/// <param name="Place">Where the query's offset lies in the log; known only for a fetch that waits for more than one byte.</param>
internal sealed record FetchSource(ErrorCode Error, string Topic, Partition? Partition, FetchQuery Query, LogPlace Place)
{
    /// <summary>
    /// Whether the topic and the partition exist and the client may read them. As in Kafka, the error of a partition that is not resolved does not make the
    /// broker answer at once: the fetch waits for the other partitions.
    /// </summary>
    public bool IsResolved => Error is not (ErrorCode.UnknownTopicId or ErrorCode.TopicAuthorizationFailed or ErrorCode.UnknownTopicOrPartition);

    /// <summary>The bytes that a waiting fetch would get now; -1 when the fetch must be answered at once. Reads no disk.</summary>
    public long Available(long enough) => Partition?.Available(Query, enough, Place) ?? -1;
}

/// <summary>
/// One partition of a fetch: what the client requests, from where it is read, and, in a session, what the client knows from the last response.
/// </summary>
internal sealed class FetchEntry(FetchKey key, FetchSession session) : PartitionWaiter
{
    private string? _topic = key.Topic.Length == 0 ? null : key.Topic;
    private FetchSource? _source;
    private long _knownHighWatermark = -1;
    private long _knownLogStart = -1;

    public FetchKey Key => key;

    /// <summary>The partition's fields in the last request that names it.</summary>
    public FetchRequest.FetchPartition Requested { get; set; } = new();

    /// <summary>Null until <see cref="SetSource"/> is called for the first time.</summary>
    public FetchSource? Source => Volatile.Read(ref _source);

    /// <summary>A fetch reads its partitions in ascending order of this number. A partition that returned records gets the highest number.</summary>
    public long ReadOrder { get; set; }

    /// <summary>Whether the next fetch reads the partition. Guarded by the session's lock of its watches.</summary>
    public bool IsActive { get; set; }

    /// <summary>Whether the leader has noted where the fetching broker's replica is.</summary>
    public bool IsNoted { get; set; }

    /// <summary>Whether the client has removed the partition from the session. Guarded by the same lock.</summary>
    public bool IsForgotten { get; set; }

    /// <summary>The bytes of this partition in the waiting fetch's sum. Guarded by the session's lock of its watches.</summary>
    public long Counted { get; set; }

    /// <summary>The topic's name. The entry keeps the name of a topic id, because in Kafka a session still knows it after the topic's deletion.</summary>
    public string? TopicIn(ClusterImage image) => _topic ??= image.Topic(key.TopicId)?.Name;

    /// <summary>Sets from where the partition is read from now on.</summary>
    public void SetSource(ErrorCode error, string topic, Partition? partition, in FetchQuery query)
    {
        if (_source is not { } source || source.Partition != partition || source.Error != error || source.Query != query)
        {
            Volatile.Write(ref _source, new FetchSource(error, topic, partition, query, LogPlace.Unknown));
        }
    }

    /// <summary>Looks up where the offset lies in the log, so that an append can compute how many bytes follow it. May read the disk.</summary>
    public void Locate()
    {
        if (Source is { Partition.Log: { } log } source)
        {
            Volatile.Write(ref _source, source with { Place = PlaceOf(log, source.Query.Offset) });
        }
    }

    public override void OnPartitionChanged() => session.OnChanged(this);

    /// <summary>Whether an incremental response must hold this answer, because it has something that the client does not know yet (KIP-227).</summary>
    public bool Differs(in FetchAnswer answer) =>
        answer.Length > 0
        || _knownHighWatermark != answer.HighWatermark
        || _knownLogStart != answer.LogStartOffset
        || answer.Error != ErrorCode.None
        || answer.Diverging is not null
        || answer.ReadFrom is not null;

    /// <summary>Whether the client of a session knows an older high watermark. Any thread.</summary>
    public bool IsBehind(long highWatermark) => Volatile.Read(ref _knownHighWatermark) is >= 0 and var known && known < highWatermark;

    /// <summary>
    /// Records what the client knows from this answer. After an error that is no high watermark, so that the first answer without one is sent.
    /// </summary>
    public void NoteAnswer(in FetchAnswer answer)
    {
        Volatile.Write(ref _knownHighWatermark, answer.Error == ErrorCode.None ? answer.HighWatermark : -1);
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
            // With an unknown place the fetch is answered at once: reading the partition then fails with the error.
            return LogPlace.Unknown;
        }
    }
}
