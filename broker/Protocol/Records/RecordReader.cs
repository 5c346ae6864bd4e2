using System.Buffers;
using Broker.Protocol.Compression;

namespace Broker.Protocol.Records;

/// <summary>
/// Walks the records of one batch, decompressing as it goes. No allocation per record; a compressed batch takes its codec's buffers and one pooled window as
/// large as its largest record. Dispose it.
/// </summary>
/// <example><code>
/// using RecordReader records = RecordReader.Open(batch);
/// while (records.MoveNext()) { Use(records.Current.Key); }
/// </code></example>
public ref struct RecordReader : IDisposable
{
    /// <summary>128 MiB: what a batch may expand to when the caller names no limit.</summary>
    public const long DefaultExpansionLimit = 128L << 20;

    private const int FirstWindowBytes = 16 * 1024;

    private readonly BatchInfo _info;
    private readonly BatchDecompressor? _source;
    private ReadOnlySpan<byte> _bytes;
    private byte[]? _window;
    private int _at;
    private int _seen;
    private RecordView _current;

    private RecordReader(scoped in BatchInfo info, ReadOnlyMemory<byte> records, long expansionLimit)
    {
        _info = info;
        if (info.Compression == CompressionType.None)
        {
            _bytes = records.Span;
            return;
        }

        _source = BatchDecompressor.Open(info.Compression, records, expansionLimit);
        _window = ArrayPool<byte>.Shared.Rent(FirstWindowBytes);
    }

    /// <summary>The record that the last successful move reached.</summary>
    public readonly RecordView Current => _current;

    /// <summary>The batch's header.</summary>
    public readonly BatchInfo Info => _info;

    /// <param name="batch">Starts at a batch's first byte and holds the whole batch; more may follow. Unchanged until disposal.</param>
    /// <param name="expansionLimit">The most bytes that the records may decompress to.</param>
    /// <exception cref="InvalidRecordException">No whole v2 batch lies here. The CRC is not looked at.</exception>
    public static RecordReader Open(ReadOnlyMemory<byte> batch, long expansionLimit = DefaultExpansionLimit)
    {
        if (BatchInfo.TryRead(batch.Span, out BatchInfo info) != BatchReadResult.Ok || info.SizeInBytes > batch.Length)
        {
            throw new InvalidRecordException("No whole record batch lies here.");
        }

        return new RecordReader(info, batch[BatchInfo.HeaderSize..info.SizeInBytes], expansionLimit);
    }

    /// <summary>False after the last record.</summary>
    /// <exception cref="InvalidRecordException">The records are not what the header declares.</exception>
    public bool MoveNext()
    {
        if (_seen >= _info.RecordCount)
        {
            return EndOfRecords();
        }

        _ = TryHave(RecordVarint.MaxInt32);
        int at = _at;
        if (!RecordVarint.TryReadInt32(_bytes, ref at, out int length) || length < 0)
        {
            throw new InvalidRecordException("A record's length cannot be read.");
        }

        _at = at;
        if (!TryHave(length))
        {
            throw new InvalidRecordException("A record is longer than its batch.");
        }

        ReadOnlySpan<byte> body = _bytes.Slice(_at, length);
        if (!RecordView.Fields.TryParse(body, out RecordView.Fields fields))
        {
            throw new InvalidRecordException("A record's parts do not add up to its length.");
        }

        long timestamp = _info.TimestampType == TimestampType.LogAppendTime ? _info.MaxTimestamp : _info.BaseTimestamp + fields.TimestampDelta;
        _current = new RecordView(_info.BaseOffset + fields.OffsetDelta, timestamp, fields, body);
        _at += length;
        _seen++;
        return true;
    }

    /// <summary>Gives the buffers back.</summary>
    public void Dispose()
    {
        _source?.Dispose();
        if (_window is { } window)
        {
            _window = null;
            _bytes = default;
            _current = default;
            ArrayPool<byte>.Shared.Return(window);
        }
    }

    private bool EndOfRecords()
    {
        _current = default;
        return TryHave(1) ? throw new InvalidRecordException("Bytes follow the batch's last record.") : false;
    }

    /// <summary>Makes <paramref name="count"/> bytes available at the current position; false when the records end first.</summary>
    private bool TryHave(int count)
    {
        while (_bytes.Length - _at < count)
        {
            if (_source is null || !Fill())
            {
                return false;
            }
        }

        return true;
    }

    private bool Fill()
    {
        byte[] window = _window!;
        int kept = _bytes.Length - _at;
        if (kept == window.Length)
        {
            // The buffer grows with the bytes that arrive, not with the length that a record declares.
            window = ArrayPool<byte>.Shared.Rent(window.Length * 2);
        }

        _bytes[_at..].CopyTo(window);
        if (!ReferenceEquals(window, _window))
        {
            ArrayPool<byte>.Shared.Return(_window!);
            _window = window;
        }

        int read = _source!.Read(window.AsSpan(kept));
        _bytes = window.AsSpan(0, kept + read);
        _at = 0;
        return read > 0;
    }
}
