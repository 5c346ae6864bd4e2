using System.Buffers;
using System.Text;
using System.Text.Json;

namespace Game.Contracts;

/// <summary>The fields of an event that the contract does not name; the sink stores them as one JSON object.</summary>
public static class ExtraFields
{
    /// <summary>The unknown fields of a value that has been decoded without an error, as a JSON object; null where there are none.</summary>
    public static string? Read(ReadOnlySpan<byte> value)
    {
        Utf8JsonReader reader = new(value);
        ArrayBufferWriter<byte> buffer = new();
        using Utf8JsonWriter writer = new(buffer);
        writer.WriteStartObject();
        reader.Read();
        bool any = false;
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            string name = reader.GetString()!;
            reader.Read();
            int start = (int)reader.TokenStartIndex;
            reader.Skip();
            if (EventFields.Find(Encoding.UTF8.GetBytes(name)) != FieldIndex.Unknown)
            {
                continue;
            }
            any = true;
            writer.WritePropertyName(name);
            writer.WriteRawValue(value[start..(int)reader.BytesConsumed], skipInputValidation: true);
        }

        writer.WriteEndObject();
        writer.Flush();
        return any ? Encoding.UTF8.GetString(buffer.WrittenSpan) : null;
    }
}
