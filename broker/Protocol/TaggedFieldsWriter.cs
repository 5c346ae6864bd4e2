namespace Broker.Protocol;

/// <summary>Writes a tagged section: known fields in ascending order of tags, with unknown ones merged in by their tags.</summary>
public ref struct TaggedFieldsWriter
{
    private readonly ProtocolWriter _writer;
    private readonly UnknownTaggedField[] _unknown;
    private int _next;
    private int _tag;
    private ProtocolWriter? _field;

    /// <summary>Opens the section with the count of its fields.</summary>
    public TaggedFieldsWriter(ProtocolWriter writer, UnknownTaggedField[]? unknown, int known)
    {
        _writer = writer;
        _unknown = unknown ?? [];
        writer.WriteUnsignedVarint((uint)(known + _unknown.Length));
    }

    /// <summary>Begins a known field and gives the writer for its value, to be used until <see cref="End"/>.</summary>
    public ProtocolWriter Begin(int tag)
    {
        WriteUnknownBelow(tag);
        _tag = tag;
        _field = _writer.BeginNested();
        return _field;
    }

    /// <summary>Ends the field begun last.</summary>
    public readonly void End() => _writer.EndTaggedField(_tag, _field!);

    /// <summary>Writes the unknown fields above the last known one.</summary>
    public void Finish() => WriteUnknownBelow(int.MaxValue);

    private void WriteUnknownBelow(int tag)
    {
        for (; _next < _unknown.Length && _unknown[_next].Tag <= tag; _next++)
        {
            if (_unknown[_next].Tag == tag && tag != int.MaxValue)
            {
                throw new InvalidOperationException($"the unknown tagged field {tag} is known");
            }
            _writer.WriteUnknownTaggedField(_unknown[_next]);
        }
    }
}
