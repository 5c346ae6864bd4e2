using System.Buffers;
using Broker.Protocol;
using Broker.Protocol.Messages;
using Broker.Server.Partitions;
using Microsoft.Extensions.Logging;

namespace Broker.Server.Apis.Fetching;

/// <summary>
/// The result of reading the active partitions of a fetch once. Its owner calls either <see cref="Answer"/> or <see cref="Dispose"/>; both return the
/// partitions to the session.
/// </summary>
internal sealed class FetchReading : IDisposable
{
    private readonly FetchSession _session;
    private readonly FetchEntry[] _entries;
    private readonly FetchTerms _terms;
    private FetchAnswer[] _answers;
    private int _count;

    private FetchReading(FetchSession session, FetchEntry[] entries, in FetchTerms terms)
    {
        _session = session;
        _entries = entries;
        _terms = terms;
        _answers = ArrayPool<FetchAnswer>.Shared.Rent(entries.Length);
        _count = entries.Length;
    }

    /// <summary>The bytes of records of all partitions.</summary>
    public long Bytes { get; private set; }

    /// <summary>
    /// Whether a resolved partition has an error, a diverging epoch, another replica to read from, or a high watermark that the client waits for: the fetch is
    /// then answered without waiting.
    /// </summary>
    public bool MustAnswer { get; private set; }

    /// <summary>How many partitions are not resolved (<see cref="FetchSource.IsResolved"/>).</summary>
    public int Unresolved { get; private set; }

    /// <summary>Whether any partition has an error.</summary>
    public bool HasErrors { get; private set; }

    /// <summary>After <see cref="Answer"/>: the partitions that the response holds, in its order.</summary>
    public ReadOnlySpan<FetchEntry> Answered => _entries.AsSpan(0, _count);

    /// <summary>
    /// Reads the partitions in their order, up to <paramref name="maxBytes"/> in all. The first partition that has records returns at least one whole batch,
    /// however large. In a session, a partition that has no more records is watched.
    /// </summary>
    /// <param name="session">The session of the partitions.</param>
    /// <param name="entries">The partitions, taken from the session and resolved; this method sorts them.</param>
    /// <param name="maxBytes">The limit for all partitions together.</param>
    /// <param name="terms">How the client fetches.</param>
    /// <param name="nowMs">The time, in milliseconds since 1970.</param>
    /// <param name="logger">Logs failed reads.</param>
    public static FetchReading Read(FetchSession session, FetchEntry[] entries, int maxBytes, in FetchTerms terms, long nowMs, ILogger logger)
    {
        PutInOrder(entries);
        FetchReading reading = new(session, entries, terms);
        for (int i = 0; i < entries.Length; i++)
        {
            int left = (int)Math.Max(0, maxBytes - reading.Bytes);
            FetchAnswer answer = Read(entries[i], terms, left, wholeFirstBatch: reading.Bytes == 0, nowMs, logger);
            if (session.Id != 0 && IsReadToEnd(entries[i], answer) && reading.BeginsWatch(entries[i]))
            {
                answer = Read(entries[i], terms, left, wholeFirstBatch: reading.Bytes == 0, nowMs, logger);
            }

            reading.Add(i, answer);
        }

        return reading;
    }

    /// <summary>Disposes the log slices. A watched partition that has nothing new for the client stays inactive until it changes.</summary>
    public void Dispose()
    {
        lock (_session.Gate)
        {
            for (int i = 0; i < _answers.Length && i < _count; i++)
            {
                _answers[i].Slice?.Dispose();
                if (_session.Id == 0 || !IsDone(_entries[i], _answers[i]) || _entries[i].Differs(_answers[i]))
                {
                    _session.Activate(_entries[i]);
                }
            }
        }

        ReturnAnswers();
    }

    /// <summary>
    /// The response's partitions: in a session only those that differ from what the client knows. The response owns the log slices from now on.
    /// </summary>
    public FetchResponse.FetchableTopicResponse[] Answer()
    {
        lock (_session.Gate)
        {
            KeepChanges();
        }

        RecordThrottled();
        FetchResponse.FetchableTopicResponse[] topics = [.. Group()];
        ReturnAnswers();
        return topics;
    }

    /// <summary>
    /// Sorts as Kafka does: first the resolved partitions in their order of reading, then unknown topic ids, then the others that are not resolved.
    /// </summary>
    private static void PutInOrder(FetchEntry[] entries)
    {
        for (int i = 1; i < entries.Length; i++)
        {
            if (CompareOrder(entries[i - 1], entries[i]) > 0)
            {
                Array.Sort(entries, CompareOrder);
                return;
            }
        }
    }

    private static int CompareOrder(FetchEntry one, FetchEntry other)
    {
        int ranks = Rank(one.Source).CompareTo(Rank(other.Source));
        return ranks != 0 ? ranks : one.ReadOrder.CompareTo(other.ReadOrder);
    }

    private static int Rank(FetchSource? source) => source switch
    {
        { IsResolved: true } => 0,
        { Error: ErrorCode.UnknownTopicId } => 1,
        _ => 2,
    };

    private static FetchAnswer Read(FetchEntry entry, in FetchTerms terms, int maxBytes, bool wholeFirstBatch, long nowMs, ILogger logger)
    {
        FetchSource source = entry.Source!;
        if (source.Partition is not { } partition)
        {
            return new FetchAnswer(source.Error);
        }

        try
        {
            FetchAnswer answer = partition.Fetch(source.Query, maxBytes, wholeFirstBatch, nowMs);
            return answer.Slice is not null && terms.IsHeldBack(partition) ? WithoutRecords(answer) : answer;
        }
        catch (IOException failure)
        {
            FetchLog.ReadFailed(logger, source.Topic, entry.Key.Partition, failure);
            return new FetchAnswer(ErrorCode.KafkaStorageError);
        }
    }

    private static FetchAnswer WithoutRecords(in FetchAnswer answer)
    {
        answer.Slice?.Dispose();
        return answer with { Slice = null };
    }

    /// <summary>Whether the client has read the partition to its readable end: only a change of the partition can give it more.</summary>
    private static bool IsReadToEnd(FetchEntry entry, in FetchAnswer answer) =>
        answer.Error == ErrorCode.None && answer.Diverging is null && entry.Source!.Query.Offset >= answer.ReadableEnd;

    /// <summary>Whether the next fetch may leave the partition out, as long as it does not change.</summary>
    private bool IsDone(FetchEntry entry, in FetchAnswer answer) => IsReadToEnd(entry, answer) && _terms.IsSettled(entry);

    private static FetchResponse.PartitionData ToData(FetchEntry entry, in FetchAnswer answer) => new()
    {
        PartitionIndex = entry.Key.Partition,
        ErrorCode = (short)answer.Error,
        HighWatermark = answer.HighWatermark,
        LastStableOffset = answer.LastStableOffset,
        LogStartOffset = answer.LogStartOffset,
        DivergingEpoch = answer.Diverging is { } end ? new() { Epoch = end.Epoch, EndOffset = end.EndOffset } : null,
        PreferredReadReplica = answer.ReadFrom ?? ClosestReplica.Leader,
        AbortedTransactions = answer.Aborted?
            .Select(a => new FetchResponse.AbortedTransaction { ProducerId = a.ProducerId, FirstOffset = a.FirstOffset })
            .ToArray(),
        Records = answer.Slice is { } slice ? new LogRecords(slice, entry.Source!.Partition!.Log!.Directory, answer.IsRecent)
            : new MemoryRecords(ReadOnlyMemory<byte>.Empty),
    };

    /// <summary>True where the watch begins now: the caller reads the partition again, because the watch does not report a change before its begin.</summary>
    private bool BeginsWatch(FetchEntry entry)
    {
        if (_terms.NeedsPlaces)
        {
            entry.Locate();
        }

        return _session.Watch(entry);
    }

    private void Add(int index, in FetchAnswer answer)
    {
        bool isResolved = _entries[index].Source!.IsResolved;
        _answers[index] = answer;
        HasErrors |= answer.Error != ErrorCode.None;
        Bytes += answer.Length;
        MustAnswer |= isResolved && (answer.Error != ErrorCode.None || answer.Diverging is not null || answer.ReadFrom is not null
            || (_terms.AwaitsHighWatermark && _entries[index].IsBehind(answer.HighWatermark)));
        Unresolved += isResolved ? 0 : 1;
    }

    private void KeepChanges()
    {
        int kept = 0;
        for (int i = 0; i < _count; i++)
        {
            FetchEntry entry = _entries[i];
            FetchAnswer answer = _answers[i];
            bool isInSession = _session.Id != 0;
            if (!isInSession || !IsDone(entry, answer))
            {
                _session.Activate(entry);
            }

            if (!isInSession || entry.Differs(answer))
            {
                entry.NoteAnswer(answer);
                _entries[kept] = entry;
                _answers[kept++] = answer;
            }

            // A session that the broker creates for this request begins with the order of this first response.
            if (!isInSession || answer.Length > 0)
            {
                _session.MoveLast(entry);
            }
        }

        _count = kept;
    }

    /// <summary>The bytes of all replicas to which the quota applies count, also of those in sync.</summary>
    private void RecordThrottled()
    {
        for (int i = 0; i < _count && _terms.Quota is { } quota; i++)
        {
            if (_answers[i].Length > 0 && quota.IsThrottled(_entries[i].Source!.Partition!.Name))
            {
                quota.Record(_answers[i].Length);
            }
        }
    }

    /// <summary>Groups successive partitions of one topic under one topic entry.</summary>
    private IEnumerable<FetchResponse.FetchableTopicResponse> Group()
    {
        for (int start = 0, end; start < _count; start = end)
        {
            FetchKey key = _entries[start].Key;
            end = start + 1;
            while (end < _count && _entries[end].Key.TopicId == key.TopicId && _entries[end].Key.Topic == key.Topic)
            {
                end++;
            }

            FetchResponse.PartitionData[] partitions = new FetchResponse.PartitionData[end - start];
            for (int i = start; i < end; i++)
            {
                partitions[i - start] = ToData(_entries[i], _answers[i]);
            }

            yield return new() { Topic = key.Topic, TopicId = key.TopicId, Partitions = partitions };
        }
    }

    private void ReturnAnswers()
    {
        Array.Clear(_answers, 0, Math.Min(_answers.Length, _entries.Length));
        ArrayPool<FetchAnswer>.Shared.Return(_answers);
        _answers = [];
    }
}
