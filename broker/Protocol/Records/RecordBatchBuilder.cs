using System.Buffers;
using System.Buffers.Binary;
using System.Text;
using Broker.Protocol.Compression;

namespace Broker.Protocol.Records;

/// <summary>What a batch's header holds besides its records.</summary>
public readonly record struct BatchOptions()
{
    public CompressionType Compression { get; init; } = CompressionType.None;

    public TimestampType TimestampType { get; init; } = TimestampType.CreateTime;

    /// <summary>Epoch ms of every record of a <see cref="TimestampType.LogAppendTime"/> batch.</summary>
    public long AppendTime { get; init; } = -1;

    public long BaseOffset { get; init; }

    public int PartitionLeaderEpoch { get; init; } = -1;

    public long ProducerId { get; init; } = -1;

    public short ProducerEpoch { get; init; } = -1;

    public int BaseSequence { get; init; } = -1;

    public bool Transactional { get; init; }

    public bool Control { get; init; }

    /// <summary>Epoch ms, the base of the timestamp deltas; -1 for none.</summary>
    public long DeleteHorizon { get; init; } = -1;
}

/// <summary>Builds one v2 batch in memory: for the broker's own records, control markers and tests. One thread; dispose it.</summary>
public sealed class RecordBatchBuilder : IDisposable
{
    private readonly BatchOptions _options;
    private byte[] _records;
    private int _length;
    private int _count;
    private long _lastOffsetDelta = -1;
    private long _baseTimestamp = -1;
    private long _maxTimestamp = -1;

    /// <param name="options">Fixed for the batch.</param>
    /// <param name="capacity">Expected bytes of the records.</param>
    public RecordBatchBuilder(in BatchOptions options, int capacity = 512)
    {
        _options = options;
        _records = ArrayPool<byte>.Shared.Rent(Math.Max(capacity, 64));
    }

    public int RecordCount => _count;

    /// <summary>Bytes of the records so far, uncompressed.</summary>
    public int RecordBytes => _length;

    /// <summary>One batch of one record.</summary>
    public static byte[] Single(in BatchOptions options, long timestamp, byte[]? key, byte[]? value)
    {
        using RecordBatchBuilder builder = new(options, (key?.Length ?? 0) + (value?.Length ?? 0) + 32);
        builder.Append(timestamp, key, value);
        return builder.Build();
    }

    /// <summary>The marker that ends a transaction on a partition (KIP-98): one control record.</summary>
    public static byte[] TransactionMarker(long timestamp, long producerId, short producerEpoch, ControlRecordType type, int coordinatorEpoch)
    {
        byte[] key = new byte[4];
        BinaryPrimitives.WriteInt16BigEndian(key.AsSpan(2), (short)type);
        byte[] value = new byte[6];
        BinaryPrimitives.WriteInt32BigEndian(value.AsSpan(2), coordinatorEpoch);
        BatchOptions options = new() { ProducerId = producerId, ProducerEpoch = producerEpoch, Transactional = true, Control = true };
        return Single(options, timestamp, key, value);
    }

    /// <summary>Appends at the next offset.</summary>
    /// <param name="timestamp">Epoch ms, -1 for none.</param>
    /// <param name="key">May be null.</param>
    /// <param name="value">Null is a tombstone.</param>
    /// <param name="headers">In order; may be null.</param>
    public void Append(long timestamp, byte[]? key, byte[]? value, IReadOnlyList<RecordHeader>? headers = null) =>
        AppendAt(_options.BaseOffset + _lastOffsetDelta + 1, timestamp, key, value, headers);

    /// <summary>Appends at a given offset above all before it, as compaction leaves gaps.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The offset does not fit behind the batch's last one.</exception>
    public void AppendAt(long offset, long timestamp, byte[]? key, byte[]? value, IReadOnlyList<RecordHeader>? headers = null)
    {
        long delta = offset - _options.BaseOffset;
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(delta, _lastOffsetDelta, nameof(offset));
        ArgumentOutOfRangeException.ThrowIfGreaterThan(delta, int.MaxValue, nameof(offset));
        if (_count == 0)
        {
            _baseTimestamp = _options.DeleteHorizon >= 0 ? _options.DeleteHorizon : timestamp;
        }

        int body = BodySize(timestamp - _baseTimestamp, (int)delta, key, value, headers);
        Reserve(body + RecordVarint.MaxInt32);
        PutInt32(body);
        _records[_length++] = 0;
        PutInt64(timestamp - _baseTimestamp);
        PutInt32((int)delta);
        PutBytes(key);
        PutBytes(value);
        PutHeaders(headers);
        _count++;
        _lastOffsetDelta = delta;
        _maxTimestamp = Math.Max(_maxTimestamp, timestamp);
    }

    /// <summary>Returns the finished batch with its CRC; the builder cannot be used any more.</summary>
    /// <exception cref="InvalidOperationException">No record was appended.</exception>
    public byte[] Build()
    {
        if (_count == 0)
        {
            throw new InvalidOperationException("A batch needs a record.");
        }

        byte[] batch;
        if (_options.Compression == CompressionType.None)
        {
            batch = new byte[BatchInfo.HeaderSize + _length];
            _records.AsSpan(0, _length).CopyTo(batch.AsSpan(BatchInfo.HeaderSize));
        }
        else
        {
            using MemoryStream target = new(BatchInfo.HeaderSize + _length);
            target.SetLength(BatchInfo.HeaderSize);
            target.Position = BatchInfo.HeaderSize;
            BatchCompressor.Compress(_options.Compression, _records.AsSpan(0, _length), target);
            batch = target.ToArray();
        }

        WriteHeader(batch);
        return batch;
    }

    /// <summary>Gives the buffer back.</summary>
    public void Dispose()
    {
        byte[] records = _records;
        _records = [];
        _length = 0;
        if (records.Length > 0)
        {
            ArrayPool<byte>.Shared.Return(records);
        }
    }

    private static int BytesSize(int length) => SizeOf(length) + Math.Max(length, 0);

    private static int SizeOf(long value)
    {
        Span<byte> scratch = stackalloc byte[RecordVarint.MaxInt64];
        return RecordVarint.WriteInt64(scratch, value);
    }

    private static int BodySize(long timestampDelta, int offsetDelta, byte[]? key, byte[]? value, IReadOnlyList<RecordHeader>? headers)
    {
        int size = 1 + SizeOf(timestampDelta) + SizeOf(offsetDelta) + BytesSize(key?.Length ?? -1) + BytesSize(value?.Length ?? -1);
        size += SizeOf(headers?.Count ?? 0);
        for (int i = 0; i < (headers?.Count ?? 0); i++)
        {
            RecordHeader header = headers![i];
            size += BytesSize(Encoding.UTF8.GetByteCount(header.Key)) + BytesSize(header.Value?.Length ?? -1);
        }

        return size;
    }

    private void WriteHeader(byte[] batch)
    {
        bool appendTime = _options.TimestampType == TimestampType.LogAppendTime;
        int attributes = (int)_options.Compression | (appendTime ? 0x08 : 0) | (_options.Transactional ? 0x10 : 0)
            | (_options.Control ? 0x20 : 0) | (_options.DeleteHorizon >= 0 ? 0x40 : 0);
        Span<byte> header = batch;
        BatchHeader.SetBaseOffset(header, _options.BaseOffset);
        BinaryPrimitives.WriteInt32BigEndian(header[BatchHeader.LengthAt..], batch.Length - BatchInfo.LogOverhead);
        BatchHeader.SetPartitionLeaderEpoch(header, _options.PartitionLeaderEpoch);
        header[BatchHeader.MagicAt] = 2;
        BinaryPrimitives.WriteInt16BigEndian(header[BatchHeader.AttributesAt..], (short)attributes);
        BinaryPrimitives.WriteInt32BigEndian(header[BatchHeader.LastOffsetDeltaAt..], (int)_lastOffsetDelta);
        BinaryPrimitives.WriteInt64BigEndian(header[BatchHeader.BaseTimestampAt..], _baseTimestamp);
        BatchHeader.SetMaxTimestamp(header, appendTime ? _options.AppendTime : _maxTimestamp);
        BinaryPrimitives.WriteInt64BigEndian(header[BatchHeader.ProducerIdAt..], _options.ProducerId);
        BinaryPrimitives.WriteInt16BigEndian(header[BatchHeader.ProducerEpochAt..], _options.ProducerEpoch);
        BinaryPrimitives.WriteInt32BigEndian(header[BatchHeader.BaseSequenceAt..], _options.BaseSequence);
        BinaryPrimitives.WriteInt32BigEndian(header[BatchHeader.RecordCountAt..], _count);
        BatchHeader.RewriteCrc(header);
    }

    private void PutHeaders(IReadOnlyList<RecordHeader>? headers)
    {
        PutInt32(headers?.Count ?? 0);
        for (int i = 0; i < (headers?.Count ?? 0); i++)
        {
            RecordHeader header = headers![i];
            PutInt32(Encoding.UTF8.GetByteCount(header.Key));
            _length += Encoding.UTF8.GetBytes(header.Key, _records.AsSpan(_length));
            PutBytes(header.Value);
        }
    }

    private void PutBytes(byte[]? bytes)
    {
        PutInt32(bytes?.Length ?? -1);
        bytes?.CopyTo(_records, _length);
        _length += bytes?.Length ?? 0;
    }

    private void PutInt32(int value) => _length += RecordVarint.WriteInt64(_records.AsSpan(_length), value);

    private void PutInt64(long value) => _length += RecordVarint.WriteInt64(_records.AsSpan(_length), value);

    private void Reserve(int more)
    {
        if (_records.Length - _length >= more)
        {
            return;
        }

        byte[] larger = ArrayPool<byte>.Shared.Rent(Math.Max(_records.Length * 2, _length + more));
        _records.AsSpan(0, _length).CopyTo(larger);
        ArrayPool<byte>.Shared.Return(_records);
        _records = larger;
    }
}
