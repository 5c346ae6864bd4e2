using System.Buffers;
using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using System.Text;

namespace Broker.Protocol;

/// <summary>
/// Writes Kafka's field encodings into pooled chunks. One writer is used by one caller at a time; after <see cref="Reset"/> it holds no chunk and can be used
/// again. <c>flexible</c> says whether lengths are compact or classic, as in <see cref="ProtocolReader"/>.
/// </summary>
public sealed class ProtocolWriter : IBufferWriter<byte>, IDisposable
{
    /// <summary>The first chunk: most responses are far shorter.</summary>
    private const int SmallestChunk = 1024;

    /// <summary>The largest chunk that is asked for without need: below the size at which arrays go to the large object heap.</summary>
    private const int LargestChunk = 64 * 1024;

    private readonly List<WrittenChunk> _full = [];
    private List<DeferredPayload>? _deferred;
    private byte[] _chunk = [];
    private int _used;
    private int _before;
    private int _deferredLength;
    private ProtocolWriter? _nested;

    /// <summary>All bytes: those written, and those of the deferred payloads.</summary>
    public int Length => checked(_before + _used + _deferredLength);

    /// <summary>The bytes written into chunks, without the deferred payloads.</summary>
    public int BufferedLength => _before + _used;

    /// <summary>Payloads that are not in memory, in the order of their positions.</summary>
    public IReadOnlyList<DeferredPayload> Deferred => _deferred ?? (IReadOnlyList<DeferredPayload>)[];

    /// <summary>The number of chunks that hold written bytes.</summary>
    public int ChunkCount => _full.Count + (_used > 0 ? 1 : 0);

    /// <summary>The written bytes of a chunk; valid until <see cref="Reset"/>.</summary>
    public ReadOnlyMemory<byte> Chunk(int index) =>
        index < _full.Count ? _full[index].Buffer.AsMemory(0, _full[index].Length) : _chunk.AsMemory(0, _used);

    public void WriteBool(bool value) => Reserve(1)[0] = value ? (byte)1 : (byte)0;

    public void WriteInt8(sbyte value) => Reserve(1)[0] = (byte)value;

    public void WriteInt16(short value) => BinaryPrimitives.WriteInt16BigEndian(Reserve(2), value);

    public void WriteUInt16(ushort value) => BinaryPrimitives.WriteUInt16BigEndian(Reserve(2), value);

    public void WriteInt32(int value) => BinaryPrimitives.WriteInt32BigEndian(Reserve(4), value);

    public void WriteInt64(long value) => BinaryPrimitives.WriteInt64BigEndian(Reserve(8), value);

    public void WriteFloat64(double value) => BinaryPrimitives.WriteDoubleBigEndian(Reserve(8), value);

    public void WriteUuid(Guid value) => value.TryWriteBytes(Reserve(16), bigEndian: true, out _);

    public void WriteUnsignedVarint(uint value)
    {
        int length = Varint.Length(value);
        Varint.Write(Reserve(length), value);
    }

    /// <summary>Writes a string of at most 32767 bytes of UTF-8.</summary>
    public void WriteString(string value, bool flexible)
    {
        int length = Encoding.UTF8.GetByteCount(value);
        if (length > short.MaxValue)
        {
            throw new ArgumentException($"A string of {length} bytes is longer than the 32767 that a message can carry.", nameof(value));
        }
        if (flexible)
        {
            WriteUnsignedVarint((uint)length + 1);
        }
        else
        {
            WriteInt16((short)length);
        }
        Encoding.UTF8.GetBytes(value, Reserve(length));
    }

    public void WriteNullableString(string? value, bool flexible)
    {
        if (value is not null)
        {
            WriteString(value, flexible);
        }
        else if (flexible)
        {
            WriteUnsignedVarint(0);
        }
        else
        {
            WriteInt16(-1);
        }
    }

    public void WriteBytes(byte[] value, bool flexible)
    {
        WriteArrayLength(value.Length, flexible);
        WriteRaw(value);
    }

    public void WriteNullableBytes(byte[]? value, bool flexible)
    {
        WriteArrayLength(value?.Length ?? -1, flexible);
        WriteRaw(value);
    }

    /// <summary>Writes record batches of a request.</summary>
    public void WriteNullableRecords(Memory<byte>? value, bool flexible)
    {
        WriteArrayLength(value?.Length ?? -1, flexible);
        WriteRaw(value.GetValueOrDefault().Span);
    }

    /// <summary>Writes record batches of a response: copies those in memory, notes any other.</summary>
    public void WriteNullableRecords(RecordsPayload? value, bool flexible)
    {
        WriteArrayLength(value?.Length ?? -1, flexible);
        if (value is MemoryRecords records)
        {
            WriteRaw(records.Memory.Span);
        }
        else if (value is not null)
        {
            Defer(value);
        }
    }

    /// <summary>Writes the length of an array or of bytes; -1 for null.</summary>
    public void WriteArrayLength(int length, bool flexible)
    {
        if (flexible)
        {
            WriteUnsignedVarint((uint)(length + 1));
        }
        else
        {
            WriteInt32(length);
        }
    }

    public void WriteInt32Array(int[] value, bool flexible)
    {
        WriteArrayLength(value.Length, flexible);
        foreach (int item in value)
        {
            WriteInt32(item);
        }
    }

    public void WriteNullableInt32Array(int[]? value, bool flexible)
    {
        if (value is null)
        {
            WriteArrayLength(-1, flexible);
        }
        else
        {
            WriteInt32Array(value, flexible);
        }
    }

    public void WriteInt64Array(long[] value, bool flexible)
    {
        WriteArrayLength(value.Length, flexible);
        foreach (long item in value)
        {
            WriteInt64(item);
        }
    }

    public void WriteNullableInt64Array(long[]? value, bool flexible)
    {
        if (value is null)
        {
            WriteArrayLength(-1, flexible);
        }
        else
        {
            WriteInt64Array(value, flexible);
        }
    }

    public void WriteStringArray(string[] value, bool flexible)
    {
        WriteArrayLength(value.Length, flexible);
        foreach (string item in value)
        {
            WriteString(item, flexible);
        }
    }

    public void WriteNullableStringArray(string[]? value, bool flexible)
    {
        if (value is null)
        {
            WriteArrayLength(-1, flexible);
        }
        else
        {
            WriteStringArray(value, flexible);
        }
    }

    /// <summary>Writes the byte before a nullable structure.</summary>
    public void WriteStructPresence(bool present) => WriteInt8(present ? (sbyte)1 : (sbyte)-1);

    /// <summary>Writes the varint that opens a nullable structure inside a tagged field.</summary>
    public void WriteTaggedStructPresence(bool present) => WriteUnsignedVarint(present ? 1u : 0u);

    /// <summary>Writes a tagged section in which no tag is known; empty for null.</summary>
    public void WriteUnknownTaggedFields(UnknownTaggedField[]? fields)
    {
        WriteUnsignedVarint((uint)(fields?.Length ?? 0));
        foreach (UnknownTaggedField field in fields ?? [])
        {
            WriteUnknownTaggedField(field);
        }
    }

    /// <summary>Writes bytes as they are.</summary>
    public void WriteRaw(ReadOnlySpan<byte> bytes)
    {
        while (!bytes.IsEmpty)
        {
            Span<byte> space = GetSpan();
            int count = Math.Min(space.Length, bytes.Length);
            bytes[..count].CopyTo(space);
            _used += count;
            bytes = bytes[count..];
        }
    }

    /// <summary>Overwrites an int32 written before, such as the frame's length; the position counts written bytes, without deferred payloads.</summary>
    public void PatchInt32(int position, int value)
    {
        int start = 0;
        foreach (WrittenChunk chunk in _full)
        {
            if (position < start + chunk.Length)
            {
                BinaryPrimitives.WriteInt32BigEndian(chunk.Buffer.AsSpan(position - start), value);
                return;
            }

            start += chunk.Length;
        }

        BinaryPrimitives.WriteInt32BigEndian(_chunk.AsSpan(position - start, _used - (position - start)), value);
    }

    /// <summary>Copies the written bytes; there must be no deferred payloads.</summary>
    public byte[] ToArray()
    {
        if (_deferredLength > 0)
        {
            throw new InvalidOperationException("payloads that are not in memory can only be streamed");
        }
        byte[] bytes = new byte[BufferedLength];
        CopyTo(bytes);
        return bytes;
    }

    /// <summary>Copies the bytes written into chunks, without the deferred payloads.</summary>
    public void CopyTo(Span<byte> destination)
    {
        for (int i = 0; i < ChunkCount; i++)
        {
            ReadOnlySpan<byte> chunk = Chunk(i).Span;
            chunk.CopyTo(destination);
            destination = destination[chunk.Length..];
        }
    }

    /// <summary>Gives all chunks back and forgets the deferred payloads, which their sender disposes of.</summary>
    public void Reset()
    {
        foreach (WrittenChunk chunk in _full)
        {
            ArrayPool<byte>.Shared.Return(chunk.Buffer);
        }
        if (_chunk.Length > 0)
        {
            ArrayPool<byte>.Shared.Return(_chunk);
        }
        _full.Clear();
        _deferred?.Clear();
        _chunk = [];
        _used = _before = _deferredLength = 0;
        _nested?.Reset();
    }

    /// <inheritdoc cref="Reset"/>
    public void Dispose() => Reset();

    /// <inheritdoc/>
    public void Advance(int count)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(count, _chunk.Length - _used);
        _used += count;
    }

    /// <inheritdoc/>
    public Memory<byte> GetMemory(int sizeHint = 0)
    {
        Ensure(Math.Max(sizeHint, 1));
        return _chunk.AsMemory(_used);
    }

    /// <inheritdoc/>
    public Span<byte> GetSpan(int sizeHint = 0)
    {
        Ensure(Math.Max(sizeHint, 1));
        return _chunk.AsSpan(_used);
    }

    /// <summary>A writer for the value of a tagged field, whose size is written before it; reused for the next field.</summary>
    internal ProtocolWriter BeginNested() => _nested ??= new ProtocolWriter();

    internal void EndTaggedField(int tag, ProtocolWriter value)
    {
        WriteUnsignedVarint((uint)tag);
        WriteUnsignedVarint((uint)value.Length);
        for (int i = 0; i < value.ChunkCount; i++)
        {
            WriteRaw(value.Chunk(i).Span);
        }
        value.Reset();
    }

    internal void WriteUnknownTaggedField(UnknownTaggedField field)
    {
        WriteUnsignedVarint((uint)field.Tag);
        WriteUnsignedVarint((uint)field.Data.Length);
        WriteRaw(field.Data);
    }

    private void Defer(RecordsPayload payload)
    {
        if (payload.Length == 0)
        {
            payload.Dispose();
            return;
        }

        (_deferred ??= []).Add(new DeferredPayload(BufferedLength, payload));
        _deferredLength = checked(_deferredLength + payload.Length);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private Span<byte> Reserve(int count)
    {
        Ensure(count);
        Span<byte> span = _chunk.AsSpan(_used, count);
        _used += count;
        return span;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void Ensure(int count)
    {
        if (_chunk.Length - _used < count)
        {
            NextChunk(count);
        }
    }

    private void NextChunk(int count)
    {
        int size = Math.Max(count, Math.Clamp(_chunk.Length * 4, SmallestChunk, LargestChunk));
        byte[] next = ArrayPool<byte>.Shared.Rent(size);
        if (_used > 0)
        {
            _full.Add(new WrittenChunk(_chunk, _used));
        }
        else if (_chunk.Length > 0)
        {
            ArrayPool<byte>.Shared.Return(_chunk);
        }
        _before += _used;
        _chunk = next;
        _used = 0;
    }

    private readonly record struct WrittenChunk(byte[] Buffer, int Length);
}
