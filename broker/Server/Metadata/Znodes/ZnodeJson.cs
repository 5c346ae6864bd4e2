using System.Text.Encodings.Web;
using System.Text.Json;

namespace Broker.Server.Metadata.Znodes;

/// <summary>JSON bodies, written as they are (the default encoder would escape the brackets of "&lt;default&gt;").</summary>
internal static class ZnodeJson
{
    private static readonly JsonWriterOptions Options = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    internal static byte[] Write(Action<Utf8JsonWriter> body)
    {
        using MemoryStream stream = new();
        using (Utf8JsonWriter json = new(stream, Options))
        {
            json.WriteStartObject();
            body(json);
            json.WriteEndObject();
        }

        return stream.ToArray();
    }

    /// <summary>Reads a body.</summary>
    /// <exception cref="MalformedZnodeException">It is not a JSON object of the expected form.</exception>
    internal static T Read<T>(string path, byte[]? data, Func<JsonElement, T> read)
    {
        try
        {
            using JsonDocument document = JsonDocument.Parse(data ?? []);
            return read(document.RootElement);
        }
        catch (Exception problem)
            // What the JSON reader and the readers of values throw where the form is another.
            when (problem is JsonException or InvalidOperationException or KeyNotFoundException or FormatException or OverflowException or ArgumentException)
        {
            throw new MalformedZnodeException(path, problem);
        }
    }

    internal static void WriteArray(Utf8JsonWriter json, string name, IEnumerable<int> values)
    {
        json.WriteStartArray(name);
        foreach (int value in values)
        {
            json.WriteNumberValue(value);
        }
        json.WriteEndArray();
    }

    internal static int[] ReadArray(JsonElement element)
    {
        int[] values = new int[element.GetArrayLength()];
        for (int i = 0; i < values.Length; i++)
        {
            values[i] = element[i].GetInt32();
        }
        return values;
    }

    internal static string? OptionalString(JsonElement element, string name) =>
        element.TryGetProperty(name, out JsonElement value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;
}
