namespace Broker.Protocol.Generator.Schema;

internal enum Scalar
{
    Bool,
    Int8,
    Int16,
    UInt16,
    Int32,
    Int64,
    Float64,
    Uuid,
    String,
    Bytes,
    Records,
    Struct,
}

/// <summary>A field's type: a scalar or a structure, or an array of one.</summary>
internal sealed record FieldType(Scalar Scalar, bool IsArray, string StructName)
{
    private static readonly Dictionary<string, Scalar> Names = new()
    {
        ["bool"] = Scalar.Bool,
        ["int8"] = Scalar.Int8,
        ["int16"] = Scalar.Int16,
        ["uint16"] = Scalar.UInt16,
        ["int32"] = Scalar.Int32,
        ["int64"] = Scalar.Int64,
        ["float64"] = Scalar.Float64,
        ["uuid"] = Scalar.Uuid,
        ["string"] = Scalar.String,
        ["bytes"] = Scalar.Bytes,
        ["records"] = Scalar.Records,
    };

    public bool IsStruct => Scalar == Scalar.Struct;

    /// <summary>True where the wire has a form for null.</summary>
    public bool CanBeNull => IsArray || Scalar is Scalar.String or Scalar.Bytes or Scalar.Records or Scalar.Struct;

    /// <summary>True where the encoding has a compact form in flexible versions.</summary>
    public bool HasLength => IsArray || Scalar is Scalar.String or Scalar.Bytes or Scalar.Records;

    /// <summary>The bytes of a scalar whose size never changes, else 0.</summary>
    public int FixedSize => IsArray ? 0 : Scalar switch
    {
        Scalar.Bool or Scalar.Int8 => 1,
        Scalar.Int16 or Scalar.UInt16 => 2,
        Scalar.Int32 => 4,
        Scalar.Int64 or Scalar.Float64 => 8,
        Scalar.Uuid => 16,
        _ => 0,
    };

    /// <summary>The type of one value in C#, without array and null marks.</summary>
    public string ElementName(bool inRequest) => Scalar switch
    {
        Scalar.Bool => "bool",
        Scalar.Int8 => "sbyte",
        Scalar.Int16 => "short",
        Scalar.UInt16 => "ushort",
        Scalar.Int32 => "int",
        Scalar.Int64 => "long",
        Scalar.Float64 => "double",
        Scalar.Uuid => "Guid",
        Scalar.String => "string",
        Scalar.Bytes => "byte[]",
        Scalar.Records => inRequest ? "Memory<byte>" : "RecordsPayload",
        _ => StructName,
    };

    public static FieldType Parse(string text)
    {
        bool isArray = text.EndsWith("[]", StringComparison.Ordinal);
        string element = isArray ? text.Substring(0, text.Length - 2) : text;
        return Names.TryGetValue(element, out Scalar scalar)
            ? new FieldType(scalar, isArray, string.Empty)
            : new FieldType(Scalar.Struct, isArray, element);
    }
}
