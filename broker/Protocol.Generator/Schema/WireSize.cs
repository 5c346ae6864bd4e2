namespace Broker.Protocol.Generator.Schema;

/// <summary>Sizes that follow from a schema: the fewest bytes that a structure can take on the wire, and what its fields take in memory.</summary>
internal static class WireSize
{
    /// <summary>The fewest bytes of a structure in a version: every string, array and tagged section empty.</summary>
    public static int Minimum(MessageSchema message, StructSchema schema, int version)
    {
        bool flexible = message.Flexible.Contains(version);
        int size = flexible ? 1 : 0;
        foreach (FieldSchema field in schema.Fields)
        {
            if (!field.IsTagged && field.Versions.Contains(version))
            {
                size += Minimum(message, field, version, flexible);
            }
        }

        return size;
    }

    /// <summary>Bytes of a field's slot in its object, and of a small object that is allocated even when empty.</summary>
    public static int InMemory(FieldSchema field) => field.Type switch
    {
        { IsArray: true } => 8,
        { Scalar: Scalar.Records } => 48,
        { Scalar: Scalar.Struct } => 8,
        { FixedSize: > 0 } => Math.Max(field.Type.FixedSize, 4),
        _ => 8,
    };

    private static int Minimum(MessageSchema message, FieldSchema field, int version, bool flexible) => field.Type switch
    {
        { IsArray: true } => flexible ? 1 : 4,
        { Scalar: Scalar.String } => flexible ? 1 : 2,
        { Scalar: Scalar.Bytes or Scalar.Records } => flexible ? 1 : 4,
        { Scalar: Scalar.Struct } => field.NullVersions.Contains(version) ? 1 : Minimum(message, message.Find(field.Type.StructName)!, version),
        _ => field.Type.FixedSize,
    };
}
