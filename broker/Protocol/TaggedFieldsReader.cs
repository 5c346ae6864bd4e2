namespace Broker.Protocol;

/// <summary>
/// Walks a tagged section (KIP-482): a count, then tag, size and bytes of each field, tags ascending. While a field is being read the reader ends where the
/// field does, and a field that is not read to its end is malformed.
/// </summary>
public struct TaggedFieldsReader
{
    /// <summary>The fewest bytes of a tagged field: one of the tag and one of the size.</summary>
    private const int MinimumFieldSize = 2;

    private readonly int _outerEnd;
    private int _left;
    private int _unknownCount;
    private UnknownTaggedField[]? _unknown;

    internal TaggedFieldsReader(ref ProtocolReader reader)
    {
        uint count = reader.ReadUnsignedVarint();
        if (count > (uint)(reader.Remaining / MinimumFieldSize))
        {
            ProtocolReader.Fail("a tagged section has more fields than there are bytes for");
        }
        _left = (int)count;
        _outerEnd = reader.End;
        Tag = -1;
    }

    /// <summary>The tag of the field that is to be read now.</summary>
    public int Tag { get; private set; }

    /// <summary>The fields kept, in ascending order of tags; null where there are none.</summary>
    public readonly UnknownTaggedField[]? Unknown => _unknown is null || _unknown.Length == _unknownCount ? _unknown : _unknown[.._unknownCount];

    /// <summary>Moves to the next field; false after the last.</summary>
    public bool MoveNext(ref ProtocolReader reader)
    {
        if (Tag >= 0 && reader.Remaining != 0)
        {
            ProtocolReader.Fail("a tagged field is longer than its value");
        }
        reader.End = _outerEnd;
        if (_left == 0)
        {
            return false;
        }
        _left--;
        uint tag = reader.ReadUnsignedVarint();
        if (tag > int.MaxValue || (int)tag <= Tag)
        {
            ProtocolReader.Fail("tags are not in ascending order");
        }
        Tag = (int)tag;
        uint size = reader.ReadUnsignedVarint();
        if (size > (uint)reader.Remaining)
        {
            ProtocolReader.Fail("a tagged field is longer than its message");
        }
        reader.End = reader.Position + (int)size;
        return true;
    }

    /// <summary>Keeps the current field as an unknown one.</summary>
    public void Keep(ref ProtocolReader reader)
    {
        _unknown ??= new UnknownTaggedField[_left + 1];
        _unknown[_unknownCount++] = new UnknownTaggedField(Tag, reader.ReadToEnd());
    }
}
