using System.Text.Json;

namespace Broker.Protocol.Tests.Schema;

/// <summary>The keys of a schema format.</summary>
internal sealed record SchemaDialect(string Versions, string Nulls, string Inline, string Shared, bool ArrayInFront)
{
    public static SchemaDialect Ours { get; } = new("in", "null", "of", "structs", ArrayInFront: false);

    public static SchemaDialect Kafkas { get; } = new("versions", "nullableVersions", "fields", "commonStructs", ArrayInFront: true);

    public IReadOnlySet<string> Scalars { get; } = new HashSet<string>(StringComparer.Ordinal)
    {
        "bool", "int8", "int16", "uint16", "int32", "int64", "float64", "uuid", "string", "bytes", "records",
    };

    public (string Element, bool IsArray) Type(string type)
    {
        if (ArrayInFront)
        {
            return type.StartsWith("[]", StringComparison.Ordinal) ? (type[2..], true) : (type, false);
        }
        return type.EndsWith("[]", StringComparison.Ordinal) ? (type[..^2], true) : (type, false);
    }

    public JsonElement FindShared(JsonElement shared, string name) => shared.ValueKind == JsonValueKind.Object
        ? shared.GetProperty(name)
        : shared.EnumerateArray().Single(s => s.GetProperty("name").GetString() == name).GetProperty("fields");
}
