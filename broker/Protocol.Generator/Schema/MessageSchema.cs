using Microsoft.CodeAnalysis.Text;

namespace Broker.Protocol.Generator.Schema;

internal enum MessageKind
{
    Request,
    Response,
    Record,
}

/// <summary>One field as its schema describes it.</summary>
internal sealed class FieldSchema
{
    public required string Name { get; init; }

    public required FieldType Type { get; init; }

    /// <summary>The versions that carry the field.</summary>
    public required VersionRange Versions { get; init; }

    /// <summary>The versions that may carry null for it.</summary>
    public required VersionRange NullVersions { get; init; }

    /// <summary>The tag in the tagged section, or -1 for a field in its place.</summary>
    public required int Tag { get; init; }

    /// <summary>The default as a C# expression.</summary>
    public required string Default { get; set; }

    /// <summary>True when a version without the field silently drops its value.</summary>
    public required bool Ignorable { get; init; }

    public required TextSpan Span { get; init; }

    public bool IsTagged => Tag >= 0;

    public bool IsNullable => !NullVersions.IsEmpty;

    /// <summary>
    /// A tagged structure that is never null on the wire is null in memory while it has its default, which is not written: a partition of a Fetch response has
    /// three of these, hardly ever set.
    /// </summary>
    public bool IsLazyStruct => IsTagged && Type is { IsStruct: true, IsArray: false } && !IsNullable;

    /// <summary>True when the C# property may hold null.</summary>
    public bool PropertyIsNullable => IsNullable || IsLazyStruct;
}

/// <summary>A structure: the message itself or one inside it.</summary>
internal sealed class StructSchema(string name, VersionRange versions, List<FieldSchema> fields, TextSpan span)
{
    public string Name { get; } = name;

    /// <summary>The versions in which the structure is on the wire.</summary>
    public VersionRange Versions { get; set; } = versions;

    public List<FieldSchema> Fields { get; } = fields;

    public TextSpan Span { get; } = span;
}

/// <summary>One message with the structures inside it.</summary>
internal sealed class MessageSchema
{
    public required MessageKind Kind { get; init; }

    public required string ApiName { get; init; }

    public required StructSchema Root { get; init; }

    /// <summary>All structures by name, without the root, in the order of first mention.</summary>
    public required List<StructSchema> Structs { get; init; }

    public required VersionRange Versions { get; init; }

    public required VersionRange Flexible { get; init; }

    public string Name => Root.Name;

    public StructSchema? Find(string name) => Structs.Find(s => s.Name == name);
}
