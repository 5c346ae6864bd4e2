using System.Buffers;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;

namespace Game.HdfsSink.Rows;

/// <summary>Fields that the contract does not name, as one JSON object.</summary>
internal static class Extra
{
    /// <summary>The values go as they came: written anew, a text that JSON allows but UTF-16 does not (half a surrogate pair, escaped) could not be written at
    /// all.</summary>
    public static string? Json(Dictionary<string, JsonElement>? fields)
    {
        if (fields is null || fields.Count == 0)
        {
            return null;
        }
        ArrayBufferWriter<byte> buffer = new();
        using (Utf8JsonWriter json = new(buffer))
        {
            json.WriteStartObject();
            foreach ((string name, JsonElement value) in fields)
            {
                json.WritePropertyName(name);
                json.WriteRawValue(JsonMarshal.GetRawUtf8Value(value), skipInputValidation: true);
            }

            json.WriteEndObject();
        }

        return Encoding.UTF8.GetString(buffer.WrittenSpan);
    }
}
