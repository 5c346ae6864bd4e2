using System.Buffers;
using System.Text;
using System.Text.Json;

namespace Game.HdfsSink.Rows;

/// <summary>Fields that the contract does not name, as one JSON object.</summary>
internal static class Extra
{
    public static string? Json(Dictionary<string, JsonElement>? fields)
    {
        if (fields is null || fields.Count == 0)
            return null;
        var buffer = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            foreach (var (name, value) in fields)
            {
                json.WritePropertyName(name);
                value.WriteTo(json);
            }

            json.WriteEndObject();
        }

        return Encoding.UTF8.GetString(buffer.WrittenSpan);
    }
}
