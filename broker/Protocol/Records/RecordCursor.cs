using System.Buffers;
using System.Runtime.CompilerServices;
using Broker.Protocol.Compression;

namespace Broker.Protocol.Records;

/// <summary>
/// A place in a batch's records that only moves forward: over the received bytes themselves, or over a small pooled window that a decompressor refills. What is
/// skipped is never kept. Dispose it.
/// </summary>
internal ref struct RecordCursor : IDisposable
{
    /// <summary>Large enough that a refill's cost vanishes, small enough to stay in the second-level cache.</summary>
    private const int WindowBytes = 32 * 1024;

    private readonly BatchDecompressor? _source;
    private readonly byte[]? _window;
    private ReadOnlySpan<byte> _bytes;
    private int _at;
    private long _passed;

    public RecordCursor(ReadOnlyMemory<byte> records, CompressionType codec, long expansionLimit)
    {
        if (codec == CompressionType.None)
        {
            _bytes = records.Span;
            return;
        }

        _source = BatchDecompressor.Open(codec, records, expansionLimit);
        _window = ArrayPool<byte>.Shared.Rent(WindowBytes);
    }

    /// <summary>Uncompressed bytes before this place.</summary>
    public readonly long Position => _passed + _at;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool TryInt32(out int value)
    {
        if (_bytes.Length - _at < RecordVarint.MaxInt32)
        {
            Refill(RecordVarint.MaxInt32);
        }

        return RecordVarint.TryReadInt32(_bytes, ref _at, out value);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool TryInt64(out long value)
    {
        if (_bytes.Length - _at < RecordVarint.MaxInt64)
        {
            Refill(RecordVarint.MaxInt64);
        }

        return RecordVarint.TryReadInt64(_bytes, ref _at, out value);
    }

    /// <summary>Skips that many bytes; false when the records end before.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool TrySkip(int count)
    {
        if (count <= _bytes.Length - _at)
        {
            _at += count;
            return true;
        }

        return SkipAcross(count);
    }

    /// <summary>True when no byte is left.</summary>
    public bool AtEnd() => !Refill(1);

    private bool SkipAcross(int count)
    {
        while (count > _bytes.Length - _at)
        {
            count -= _bytes.Length - _at;
            _at = _bytes.Length;
            if (!Refill(1))
            {
                return false;
            }
        }

        _at += count;
        return true;
    }

    public readonly void Dispose()
    {
        _source?.Dispose();
        if (_window is not null)
        {
            ArrayPool<byte>.Shared.Return(_window);
        }
    }

    /// <summary>Tries to make that many bytes (at most ten) available at this position.</summary>
    private bool Refill(int count)
    {
        while (_bytes.Length - _at < count)
        {
            if (_source is null)
            {
                return false;
            }

            ReadOnlySpan<byte> rest = _bytes[_at..];
            rest.CopyTo(_window);
            int read = _source.Read(_window.AsSpan(rest.Length));
            _passed += _at;
            _at = 0;
            _bytes = _window.AsSpan(0, rest.Length + read);
            if (read == 0)
            {
                return false;
            }
        }

        return true;
    }
}
