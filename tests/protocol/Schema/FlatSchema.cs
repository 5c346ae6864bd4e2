using System.Globalization;
using System.Text.Json;

namespace Broker.Protocol.Tests.Schema;

/// <summary>
/// A message's schema as lines, one for every field in every version: path, type, null, default and tag, in the order of the wire.
/// Both our format and Kafka's come down to it, whatever their structures are called.
/// </summary>
internal sealed class FlatSchema
{
    private const int Open = short.MaxValue;

    private readonly List<string> _lines = [];
    private readonly SchemaDialect _dialect;
    private readonly JsonElement _shared;

    private FlatSchema(SchemaDialect dialect, JsonElement body)
    {
        _dialect = dialect;
        _shared = body.TryGetProperty(dialect.Shared, out JsonElement shared) ? shared : default;
    }

    /// <summary>The lines of a message: versions first, then for each version its fields and what happens to those it lacks.</summary>
    public static IReadOnlyList<string> Of(SchemaDialect dialect, JsonElement body, string versions, string flexible)
    {
        FlatSchema flat = new(dialect, body);
        flat._lines.Add($"versions {versions} flexible {flexible}");
        (int lowest, int highest) = Range(versions);
        for (int version = lowest; version <= highest; version++)
        {
            flat.Add(body.GetProperty("fields"), version, $"v{version} ");
        }
        return flat._lines;
    }

    private static (int Lowest, int Highest) Range(string text)
    {
        if (text == "none")
        {
            return (Open, -1);
        }
        if (text.EndsWith('+'))
        {
            return (int.Parse(text[..^1], CultureInfo.InvariantCulture), Open);
        }
        string[] ends = text.Split('-');
        return (int.Parse(ends[0], CultureInfo.InvariantCulture), int.Parse(ends[^1], CultureInfo.InvariantCulture));
    }

    private static bool Holds(string text, int version) => Range(text) is var (lowest, highest) && version >= lowest && version <= highest;

    private static string Text(JsonElement field, string key, string absent) => field.TryGetProperty(key, out JsonElement value) ? value.ToString() : absent;

    private void Add(JsonElement fields, int version, string path)
    {
        foreach (JsonElement field in fields.EnumerateArray())
        {
            string name = field.GetProperty("name").GetString()!;
            string here = $"{path}{char.ToUpperInvariant(name[0])}{name[1..]}";
            (string type, bool isArray) = _dialect.Type(field.GetProperty("type").GetString()!);
            string written = _dialect.Scalars.Contains(type) ? type : "struct";
            string value = Default(field, written, isArray);
            if (!Holds(Text(field, _dialect.Versions, "0+"), version))
            {
                string lost = Text(field, "ignorable", "false");
                _lines.Add($"{here} absent, default {value}, ignorable {lost.ToUpperInvariant()}");
                continue;
            }

            bool nullable = Holds(Text(field, _dialect.Nulls, "none"), version);
            _lines.Add($"{here} {written}{(isArray ? "[]" : string.Empty)}, null {nullable}, default {value}, tag {Text(field, "tag", "-")}");
            if (written == "struct")
            {
                Add(FieldsOf(field, type), version, here + ".");
            }
        }
    }

    private JsonElement FieldsOf(JsonElement field, string type) =>
        field.TryGetProperty(_dialect.Inline, out JsonElement inline) ? inline : _dialect.FindShared(_shared, type);

    /// <summary>Defaults are written in many ways ("0x7f", -1, "-1", "null", null): this one form stands for all.</summary>
    private static string Default(JsonElement field, string type, bool isArray)
    {
        string natural = isArray || type is "string" or "bytes" or "struct" or "uuid" ? string.Empty
            : type is "records" ? "null" : type == "bool" ? "FALSE" : "0";
        if (!field.TryGetProperty("default", out JsonElement given))
        {
            return natural;
        }
        string text = given.ValueKind == JsonValueKind.Null ? "null" : given.ToString();
        if (type == "bool")
        {
            return text.ToUpperInvariant();
        }
        return text.StartsWith("0x", StringComparison.Ordinal) ? Convert.ToInt64(text, 16).ToString(CultureInfo.InvariantCulture) : text;
    }
}
