using Broker.Protocol;
using Broker.Protocol.Records;
using Broker.Server.Groups.Offsets;

namespace Broker.Server.Tests.Groups;

/// <summary>A log in memory, whose acknowledgements a test can hold back or refuse.</summary>
internal sealed class MemoryOffsetsLog : IOffsetsLog
{
    private readonly List<byte[]> _batches = [];
    private readonly LinkedList<Action<ErrorCode>> _held = new();

    public long StartOffset => 0;

    public long EndOffset { get; private set; }

    /// <summary>Whether appends wait for <see cref="Release"/>.</summary>
    public bool Holds { get; set; }

    /// <summary>The epoch in which the partition is led: appends of another one are refused. Null refuses none.</summary>
    public int? LeaderEpoch { get; set; }

    /// <summary>Whether any append is held.</summary>
    public bool IsHolding => _held.Count > 0;

    /// <summary>Errors for the next appends, of which nothing gets to the log.</summary>
    public Queue<ErrorCode> Errors { get; } = new();

    /// <summary>Called before each append, on its loop.</summary>
    public Action? BeforeAppend { get; set; }

    /// <summary>Thrown by the next read.</summary>
    public Exception? ReadFailure { get; set; }

    /// <summary>Every record, in order.</summary>
    public IReadOnlyList<LogRecord> Records => [.. _batches.SelectMany(RecordsOf)];

    public int BatchCount => _batches.Count;

    /// <summary>Puts a batch at the end.</summary>
    public long Add(byte[] batch)
    {
        long at = EndOffset;
        BatchHeader.SetBaseOffset(batch, at);
        BatchInfo.TryRead(batch, out BatchInfo info).ShouldBe(BatchReadResult.Ok);
        _batches.Add(batch);
        EndOffset = info.NextOffset;
        return at;
    }

    /// <summary>Puts records at the end, as one batch.</summary>
    public MemoryOffsetsLog Add(params LogRecord[] records) => Add(new BatchOptions(), records);

    public MemoryOffsetsLog Add(in BatchOptions options, params LogRecord[] records)
    {
        using RecordBatchBuilder builder = new(options);
        foreach (LogRecord record in records)
        {
            builder.Append(0, record.Key, record.Value);
        }
        Add(builder.Build());
        return this;
    }

    public ValueTask<OffsetsAppended> Append(Memory<byte> batch, int leaderEpoch)
    {
        BeforeAppend?.Invoke();
        if (LeaderEpoch is { } epoch && epoch != leaderEpoch)
        {
            return new ValueTask<OffsetsAppended>(new OffsetsAppended(ErrorCode.NotLeaderOrFollower, -1));
        }

        if (Errors.TryDequeue(out ErrorCode error))
        {
            return new ValueTask<OffsetsAppended>(new OffsetsAppended(error, -1));
        }
        long at = Add(batch.ToArray());
        if (!Holds)
        {
            return new ValueTask<OffsetsAppended>(new OffsetsAppended(ErrorCode.None, at));
        }

        // Continuations run where the test releases: everything stays on one thread.
        TaskCompletionSource<OffsetsAppended> source = new();
        _held.AddLast(late => source.SetResult(new OffsetsAppended(late, late == ErrorCode.None ? at : -1)));
        return new ValueTask<OffsetsAppended>(source.Task);
    }

    /// <summary>Ends the oldest append that is held.</summary>
    public void Release(ErrorCode error = ErrorCode.None)
    {
        Action<ErrorCode> first = _held.First!.Value;
        _held.RemoveFirst();
        first(error);
    }

    /// <summary>Ends the youngest append that is held: acknowledgements need not come in the order of the appends.</summary>
    public void ReleaseLast()
    {
        Action<ErrorCode> last = _held.Last!.Value;
        _held.RemoveLast();
        last(ErrorCode.None);
    }

    public ReadOnlyMemory<byte> Read(long offset, int maxBytes)
    {
        if (ReadFailure is not null)
        {
            throw ReadFailure;
        }
        List<byte> bytes = new();
        foreach (byte[] batch in _batches)
        {
            BatchInfo.TryRead(batch, out BatchInfo info);
            if (info.NextOffset <= offset)
            {
                continue;
            }
            if (bytes.Count > 0 && bytes.Count + batch.Length > maxBytes)
            {
                break;
            }
            bytes.AddRange(batch);
        }

        return bytes.ToArray();
    }

    private static List<LogRecord> RecordsOf(byte[] batch)
    {
        List<LogRecord> records = [];
        using RecordReader reader = RecordReader.Open(batch);
        while (reader.MoveNext())
        {
            records.Add(new LogRecord(reader.Current.Key.ToArray(), reader.Current.HasValue ? reader.Current.Value.ToArray() : null));
        }
        return records;
    }
}
