using System.Buffers;
using System.Buffers.Binary;

namespace Broker.Server.Network;

/// <summary>The peer violated the framing. Its connection is closed, and this message is logged.</summary>
internal sealed class FramingException(string message) : Exception(message);

/// <summary>
/// Splits a connection's bytes into frames. Holds no buffer while there is nothing to read. Several frames up to 64 KiB share a buffer. A larger frame first
/// waits until its request may be dispatched and reserves its declared length from the broker's budget, while its socket stays unread; then it gets a buffer of
/// its own, which grows as bytes arrive. One caller at a time; the sweep reads the progress on another thread.
/// </summary>
/// <param name="transport">Where the bytes come from.</param>
/// <param name="options">The limits.</param>
/// <param name="largeFrames">The budget of all large frames.</param>
/// <param name="beforeLargeFrame">Gets a large frame's first bytes and completes when its request may be dispatched, so that no reserved memory waits for other
/// requests' answers.</param>
/// <param name="closed">Ends the wait for a reservation.</param>
internal sealed class FrameReader(
    Transport transport, NetworkOptions options, ByteBudget largeFrames, Func<ReadOnlyMemory<byte>, ValueTask> beforeLargeFrame, CancellationToken closed)
    : IDisposable
{
    private const int LengthBytes = 4;

    /// <summary>The bytes of a large frame that are read before it is reserved: its API key and version.</summary>
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

    /// <summary>The length of the large frame that is arriving now; 0 where there is none. Any thread.</summary>
    public int ArrivingBytes => _arriving;

    /// <summary>Whether the next frame has arrived whole, so that <see cref="Next"/> does not wait.</summary>
    public bool HasNext
        => _end - _start is var have && have >= LengthBytes && have - LengthBytes >= (uint)BinaryPrimitives.ReadInt32BigEndian(_buffer.AsSpan(_start));

    /// <summary>Returns the next frame without its length field; null when the peer has closed the connection. Valid until <see cref="Done"/>.</summary>
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

    /// <summary>Ends the use of the frame: returns its buffer and its reservation, unless the buffer holds bytes of the next frame.</summary>
    public void Done()
    {
        if (_start == _end)
        {
            ReturnBuffer();
        }
    }

    /// <summary>Returns the buffer and the reservation. Called when the reading loop has ended.</summary>
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
        await beforeLargeFrame(_buffer.AsMemory(_start + LengthBytes, HeadBytes));
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

    /// <summary>
    /// A peer that has sent a whole frame of this size before gets the full buffer at once; for others the buffer grows each time they fill it.
    /// </summary>
    private int LargeCapacity(int total) =>
        total <= _largestComplete ? total : (int)Math.Min(total, Math.Max(NetworkOptions.SmallFrameBytes, (long)(_end - _start) * NetworkOptions.GrowthFactor));

    /// <summary>Makes room behind the bytes that have arrived: moves them to the front, or into a larger buffer when this one is full.</summary>
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
