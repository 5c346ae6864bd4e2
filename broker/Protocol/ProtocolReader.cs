using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Text;

namespace Broker.Protocol;

/// <summary>
/// Reads Kafka's field encodings from a frame. Every length and count is checked against the bytes that remain before anything is allocated,
/// and <see cref="MalformedMessageException"/> is the only exception, so that decoding allocates at most 64 times the frame, beside that exception.
/// <c>flexible</c> says whether lengths are compact (unsigned varint of length plus one) or classic (fixed width, -1 for null).
/// </summary>
public ref struct ProtocolReader(Memory<byte> frame)
{
    private readonly Memory<byte> _frame = frame;
    private readonly ReadOnlySpan<byte> _bytes = frame.Span;
    private int _position;
    private int _end = frame.Length;

    /// <summary>Bytes read so far.</summary>
    public readonly int Position => _position;

    /// <summary>Bytes left, within the tagged field that is being read if there is one.</summary>
    public readonly int Remaining => _end - _position;

    /// <summary>Where reading has to stop: the end of the frame, or of the tagged field being read.</summary>
    internal int End
    {
        readonly get => _end;
        set => _end = value;
    }

    public bool ReadBool() => ReadSpan(1)[0] != 0;

    public sbyte ReadInt8() => (sbyte)ReadSpan(1)[0];

    public short ReadInt16() => BinaryPrimitives.ReadInt16BigEndian(ReadSpan(2));

    public ushort ReadUInt16() => BinaryPrimitives.ReadUInt16BigEndian(ReadSpan(2));

    public int ReadInt32() => BinaryPrimitives.ReadInt32BigEndian(ReadSpan(4));

    public long ReadInt64() => BinaryPrimitives.ReadInt64BigEndian(ReadSpan(8));

    public double ReadFloat64() => BinaryPrimitives.ReadDoubleBigEndian(ReadSpan(8));

    /// <summary>A UUID such as a topic id; the first byte on the wire is the first of its text form.</summary>
    public Guid ReadUuid() => new(ReadSpan(16), bigEndian: true);

    public uint ReadUnsignedVarint()
    {
        // Most lengths, and nearly all tagged sections, are one byte.
        if (_position < _end && _bytes[_position] <= 0x7f)
        {
            return _bytes[_position++];
        }
        int length = Varint.Read(_bytes[_position.._end], out uint value);
        if (length == 0)
        {
            Fail("a varint is cut off or longer than 32 bits");
        }
        _position += length;
        return value;
    }

    /// <summary>A string; bytes that are not UTF-8 become replacement characters, as in Kafka.</summary>
    public string ReadString(bool flexible) => ReadNullableString(flexible) ?? throw Null("string");

    public string? ReadNullableString(bool flexible)
    {
        int length = flexible ? ReadCompactLength() : CheckClassicLength(ReadInt16());
        // Kafka's strings have at most 32767 bytes in either form.
        if (length > short.MaxValue)
        {
            Fail("a string is longer than 32767 bytes");
        }
        return length < 0 ? null : Encoding.UTF8.GetString(ReadSpan(length));
    }

    /// <summary>A copy of bytes.</summary>
    public byte[] ReadBytes(bool flexible) => ReadNullableBytes(flexible) ?? throw Null("bytes");

    public byte[]? ReadNullableBytes(bool flexible)
    {
        int length = ReadLength(flexible);
        return length < 0 ? null : ReadSpan(length).ToArray();
    }

    /// <summary>Record batches; the memory is a part of the frame.</summary>
    public Memory<byte>? ReadNullableRecords(bool flexible)
    {
        int length = ReadLength(flexible);
        if (length < 0)
        {
            return null;
        }
        int start = _position;
        ReadSpan(length);
        return _frame.Slice(start, length);
    }

    /// <summary>Record batches of a response; they point into the frame.</summary>
    public RecordsPayload? ReadNullableRecordsPayload(bool flexible) =>
        ReadNullableRecords(flexible) is { } memory ? new MemoryRecords(memory) : null;

    /// <summary>The count of an array whose elements take at least the given number of bytes each.</summary>
    public int ReadArrayLength(int minimumElementSize, bool flexible)
    {
        int count = ReadNullableArrayLength(minimumElementSize, flexible);
        return count >= 0 ? count : throw Null("array");
    }

    /// <summary>As <see cref="ReadArrayLength"/>; -1 for null.</summary>
    public int ReadNullableArrayLength(int minimumElementSize, bool flexible)
    {
        int count = flexible ? CompactValue(ReadUnsignedVarint()) : CheckClassicLength(ReadInt32());
        if (count > Remaining / minimumElementSize)
        {
            Fail("an array has more elements than there are bytes for");
        }
        return count;
    }

    public int[] ReadInt32Array(bool flexible) => ReadNullableInt32Array(flexible) ?? throw Null("array");

    public int[]? ReadNullableInt32Array(bool flexible)
    {
        int count = ReadNullableArrayLength(sizeof(int), flexible);
        if (count <= 0)
        {
            return count < 0 ? null : [];
        }
        int[] items = new int[count];
        ReadSpan(count * sizeof(int)).CopyTo(MemoryMarshal.AsBytes(items.AsSpan()));
        if (BitConverter.IsLittleEndian)
        {
            BinaryPrimitives.ReverseEndianness(items, items);
        }
        return items;
    }

    public long[] ReadInt64Array(bool flexible) => ReadNullableInt64Array(flexible) ?? throw Null("array");

    public long[]? ReadNullableInt64Array(bool flexible)
    {
        int count = ReadNullableArrayLength(sizeof(long), flexible);
        if (count <= 0)
        {
            return count < 0 ? null : [];
        }
        long[] items = new long[count];
        ReadSpan(count * sizeof(long)).CopyTo(MemoryMarshal.AsBytes(items.AsSpan()));
        if (BitConverter.IsLittleEndian)
        {
            BinaryPrimitives.ReverseEndianness(items, items);
        }
        return items;
    }

    public string[] ReadStringArray(bool flexible) => ReadNullableStringArray(flexible) ?? throw Null("array");

    public string[]? ReadNullableStringArray(bool flexible)
    {
        int count = ReadNullableArrayLength(flexible ? 1 : 2, flexible);
        if (count <= 0)
        {
            return count < 0 ? null : [];
        }
        string[] items = new string[count];
        for (int i = 0; i < items.Length; i++)
        {
            items[i] = ReadString(flexible);
        }
        return items;
    }

    /// <summary>The byte before a nullable structure: -1 for null, 1 for present.</summary>
    public bool ReadStructPresence() => Presence(ReadInt8(), absent: -1);

    /// <summary>The varint that opens a nullable structure inside a tagged field: 0 for null, 1 for present.</summary>
    public bool ReadTaggedStructPresence() => Presence((int)Math.Min(ReadUnsignedVarint(), 2), absent: 0);

    /// <summary>Opens a tagged section, of which some tags are known.</summary>
    public TaggedFieldsReader ReadTaggedFields() => new(ref this);

    /// <summary>Reads a tagged section of which no tag is known; null where it is empty.</summary>
    public UnknownTaggedField[]? ReadUnknownTaggedFields()
    {
        // Nearly every section is empty: one zero byte.
        if (_position < _end && _bytes[_position] == 0)
        {
            _position++;
            return null;
        }

        TaggedFieldsReader tags = ReadTaggedFields();
        while (tags.MoveNext(ref this))
        {
            tags.Keep(ref this);
        }
        return tags.Unknown;
    }

    [DoesNotReturn]
    internal static void Fail(string message) => throw new MalformedMessageException(message);

    internal byte[] ReadToEnd() => ReadSpan(Remaining).ToArray();

    private static MalformedMessageException Null(string type) => new($"a null {type} stands where none may be");

    private static int CheckClassicLength(int length)
    {
        if (length < -1)
        {
            Fail("a length is negative");
        }
        return length;
    }

    private static int CompactValue(uint value)
    {
        if (value > int.MaxValue)
        {
            Fail("a length is over the limit of 2147483646");
        }
        return (int)value - 1;
    }

    private static bool Presence(int value, int absent)
    {
        if (value != absent && value != 1)
        {
            Fail("a structure is neither null nor present");
        }
        return value == 1;
    }

    private int ReadLength(bool flexible) => flexible ? ReadCompactLength() : CheckClassicLength(ReadInt32());

    private int ReadCompactLength() => CompactValue(ReadUnsignedVarint());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private ReadOnlySpan<byte> ReadSpan(int count)
    {
        if (count > _end - _position)
        {
            Fail("the message ends too early");
        }
        ReadOnlySpan<byte> taken = _bytes.Slice(_position, count);
        _position += count;
        return taken;
    }
}
