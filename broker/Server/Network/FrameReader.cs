using System.Buffers;
using System.Buffers.Binary;

namespace Broker.Server.Network;

/// <summary>The peer broke the framing: its connection is closed with this message in the log.</summary>
internal sealed class FramingException(string message) : Exception(message);

/// <summary>
/// Cuts a connection's bytes into frames. Holds no buffer while nothing is there to read. Frames up to 64 KiB are cut out of a buffer that several
/// may share; a larger one waits for its turn and reserves its declared length from the broker's budget first, its socket unread, and then gets a buffer
/// of its own, which grows with what really arrives. One caller at a time; the sweep reads its progress from another thread.
/// </summary>
/// <param name="transport">Where the bytes come from.</param>
/// <param name="options">The limits.</param>
/// <param name="largeFrames">What large frames reserve from.</param>
/// <param name="beforeLarge">Completes when a large frame, whose first bytes it is given, may be read: what is reserved must not wait for other requests'
/// answers.</param>
/// <param name="closed">Ends the wait for a reservation.</param>
internal sealed class FrameReader(
    Transport transport, NetworkOptions options, ByteBudget largeFrames, Func<ReadOnlyMemory<byte>, ValueTask> beforeLarge, CancellationToken closed)
    : IDisposable
{
    private const int LengthBytes = 4;

    /// <summary>Of a large frame, so many bytes say what it is.</summary>
    private const int HeadBytes = RequestStart.KeyAndVersionBytes;

    private byte[] _buffer = [];
    private int _start;
    private int _end;
    private int _firstBuffer = NetworkOptions.FirstBufferBytes;
    private int _largestComplete;
    private long _reserved;
    private long _received;
    private volatile int _arriving;

    /// <summary>Bytes received so far. Any thread.</summary>
    public long Received => Volatile.Read(ref _received);

    /// <summary>Bytes that a large frame has declared and reserved which is still arriving; 0 where there is none. Any thread.</summary>
    public int ArrivingBytes => _arriving;

    /// <summary>Whether the next frame, a small one, has arrived whole: <see cref="Next"/> will not wait.</summary>
    public bool HasNext
        => _end - _start is var have && have >= LengthBytes && have - LengthBytes >= (uint)BinaryPrimitives.ReadInt32BigEndian(_buffer.AsSpan(_start));

    /// <summary>The next frame without its length field; null when the peer has ended. Valid until <see cref="Done"/>.</summary>
    /// <exception cref="FramingException">A length below zero or over the limit, or an end in the middle of a frame.</exception>
    public async ValueTask<Memory<byte>?> Next()
    {
        while (true)
        {
            int have = _end - _start;
            if (have >= LengthBytes)
            {
                int length = CheckedLength();
                if (have >= LengthBytes + length)
                {
                    return Cut(length);
                }
                bool isLarge = LengthBytes + length > NetworkOptions.SmallFrameBytes;
                if (isLarge && have >= LengthBytes + HeadBytes)
                {
                    return await NextLarge(length);
                }
                MakeRoom(LengthBytes + (isLarge ? HeadBytes : length));
            }
            else if (have == 0)
            {
                ReturnBuffer();
                await transport.WaitReadable();
                _buffer = ArrayPool<byte>.Shared.Rent(_firstBuffer);
            }
            else
            {
                MakeRoom(LengthBytes);
            }

            if (await Fill(_buffer.Length) == 0)
            {
                return have == 0 ? null : throw new FramingException("the peer ended in the middle of a frame");
            }
        }
    }

    /// <summary>The frame is no longer needed: its buffer and its reservation go back when nothing else is in them.</summary>
    public void Done()
    {
        if (_start == _end)
        {
            ReturnBuffer();
        }
    }

    /// <summary>Gives everything back; the loop that reads has ended.</summary>
    public void Dispose()
    {
        _start = _end = 0;
        ReturnBuffer();
    }

    private int CheckedLength()
    {
        int length = BinaryPrimitives.ReadInt32BigEndian(_buffer.AsSpan(_start));
        if (length < 0)
        {
            throw new FramingException($"a frame of negative length {length}");
        }
        return length <= options.MaxFrameBytes ? length
            : throw new FramingException($"a frame of {length} bytes is over socket.request.max.bytes ({options.MaxFrameBytes})");
    }

    private Memory<byte> Cut(int length)
    {
        Memory<byte> frame = new(_buffer, _start + LengthBytes, length);
        _start += LengthBytes + length;
        return frame;
    }

    private async ValueTask<Memory<byte>?> NextLarge(int length)
    {
        await beforeLarge(_buffer.AsMemory(_start + LengthBytes, HeadBytes));
        await largeFrames.Reserve(length, closed);
        _reserved = length;
        _arriving = length;
        int total = LengthBytes + length;
        while (_end - _start < total)
        {
            if (_end == _buffer.Length || _start > 0)
            {
                Move(LargeCapacity(total));
            }
            if (await Fill(_start + total) == 0)
            {
                throw new FramingException("the peer ended in the middle of a frame");
            }
        }

        _arriving = 0;
        _largestComplete = Math.Max(_largestComplete, total);
        return Cut(length);
    }

    /// <summary>A peer that has already sent a whole frame of this size gets its buffer at once; others must fill each step first.</summary>
    private int LargeCapacity(int total) =>
        total <= _largestComplete ? total : (int)Math.Min(total, Math.Max(NetworkOptions.SmallFrameBytes, (long)(_end - _start) * NetworkOptions.GrowthFactor));

    /// <summary>Makes room behind what has arrived: by moving it to the front, or into a larger buffer once this one is full.</summary>
    private void MakeRoom(int needed)
    {
        if (_end < _buffer.Length && _start + needed <= _buffer.Length)
        {
            return;
        }
        int have = _end - _start;
        bool full = have == _buffer.Length;
        Move(full ? Math.Min(NetworkOptions.SmallFrameBytes, have * NetworkOptions.GrowthFactor) : _buffer.Length);
    }

    private void Move(int capacity)
    {
        int have = _end - _start;
        if (capacity <= _buffer.Length)
        {
            Buffer.BlockCopy(_buffer, _start, _buffer, 0, have);
        }
        else
        {
            byte[] larger = ArrayPool<byte>.Shared.Rent(capacity);
            Buffer.BlockCopy(_buffer, _start, larger, 0, have);
            ArrayPool<byte>.Shared.Return(_buffer);
            _buffer = larger;
        }

        _start = 0;
        _end = have;
    }

    private async ValueTask<int> Fill(int upTo)
    {
        int room = Math.Min(upTo, _buffer.Length) - _end;
        int count = await transport.Read(_buffer.AsMemory(_end, room));
        _end += count;
        Volatile.Write(ref _received, _received + count);
        if (count == room && _firstBuffer < NetworkOptions.SmallFrameBytes)
        {
            _firstBuffer *= NetworkOptions.GrowthFactor;
        }
        return count;
    }

    private void ReturnBuffer()
    {
        if (_reserved > 0)
        {
            largeFrames.Release(_reserved);
        }
        _reserved = 0;
        _arriving = 0;
        if (_buffer.Length > 0)
        {
            ArrayPool<byte>.Shared.Return(_buffer);
        }
        _buffer = [];
        _start = _end = 0;
    }
}
