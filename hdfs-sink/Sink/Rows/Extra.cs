using System.Buffers;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;

namespace Game.HdfsSink.Rows;

/// <summary>Fields that the contract does not name, as one JSON object.</summary>
internal static class Extra
{
    /// <summary>
    /// Copies the values byte for byte: JSON allows a text that UTF-16 does not (an escaped half of a surrogate pair), which a JSON writer would refuse.
    /// </summary>
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
