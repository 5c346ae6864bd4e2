using System.Buffers;
using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;

namespace Game.GameServer.Actions;

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower,
    UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
    AllowDuplicateProperties = false,
    MaxDepth = RequestJson.MaxDepth)]
[JsonSerializable(typeof(SessionRequest))]
[JsonSerializable(typeof(TradeRequest))]
[JsonSerializable(typeof(StreamRequest))]
[JsonSerializable(typeof(SessionOpened))]
[JsonSerializable(typeof(TradeRecorded))]
[JsonSerializable(typeof(ProblemBody))]
internal sealed partial class ApiJsonContext : JsonSerializerContext;

/// <summary>Reads requests. Any bytes give a request, or a problem that names the field; it never throws.</summary>
internal static class RequestJson
{
    /// <summary>The most bytes of one body or frame: two tokens and all texts of the greatest length take a third of it.</summary>
    public const int MaxBytes = 16 * 1024;

    /// <summary>A trade nests two deep.</summary>
    public const int MaxDepth = 8;

    public static T? Read<T>(ReadOnlySequence<byte> body, JsonTypeInfo<T> type, out Problem? problem)
        where T : class
    {
        if (body.IsSingleSegment)
        {
            return Read(body.FirstSpan, type, out problem);
        }
        byte[] whole = ArrayPool<byte>.Shared.Rent((int)body.Length);
        body.CopyTo(whole);
        T? request = Read(whole.AsSpan(0, (int)body.Length), type, out problem);
        ArrayPool<byte>.Shared.Return(whole);
        return request;
    }

    public static T? Read<T>(ReadOnlySpan<byte> body, JsonTypeInfo<T> type, out Problem? problem)
        where T : class
    {
        problem = null;
        try
        {
            T? request = JsonSerializer.Deserialize(body, type);
            problem = request is null ? Problems.MalformedJson : null;
            return request;
        }
        catch (JsonException e)
        {
            problem = IsObject(body) ? FieldProblem(e) : Problems.MalformedJson;
            return null;
        }
    }

    /// <summary>The request number of a malformed frame; null when it cannot be found.</summary>
    public static long? FindNumber(ReadOnlySpan<byte> frame)
    {
        Utf8JsonReader reader = new(frame, new JsonReaderOptions { MaxDepth = MaxDepth });
        try
        {
            while (reader.Read())
            {
                if (reader.CurrentDepth == 1 && reader.TokenType == JsonTokenType.PropertyName && reader.ValueTextEquals("n"u8))
                {
                    return reader.Read() && reader.TokenType == JsonTokenType.Number && reader.TryGetInt64(out long n) && IsNumber(n) ? n : null;
                }
            }
        }
        catch (JsonException) // broken before any number
        {
        }

        return null;
    }

    public static bool IsNumber(long n) => n is >= 0 and <= 1L << 53;

    private static bool IsObject(ReadOnlySpan<byte> body)
    {
        Utf8JsonReader reader = new(body, new JsonReaderOptions { MaxDepth = MaxDepth });
        try
        {
            bool isObject = reader.Read() && reader.TokenType == JsonTokenType.StartObject;
            while (reader.Read())
            {
                // Reads to the end, to see whether it is well-formed.
            }

            return isObject;
        }
        catch (JsonException)
        {
            return false;
        }
    }

    // The serializer's path is "$.first.gold_delta". Its message names types of this program, so the answer has the path only.
    private static Problem FieldProblem(JsonException e)
    {
        string field = e.Path is { Length: > 2 } path && path.StartsWith("$.", StringComparison.Ordinal) ? path[2..] : "";
        return field.Length is 0 or > 64
            ? Problems.InvalidField("", "A field is given twice, is not known, or is no text.")
            : Problems.InvalidField(field, $"The field '{field}' has the wrong JSON type, is out of range, given twice or not known.");
    }
}
