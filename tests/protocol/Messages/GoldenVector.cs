using System.IO.Compression;
using System.Text.Json;

namespace Broker.Protocol.Tests.Messages;

/// <summary>A message as Kafka's own serialiser wrote it.</summary>
public sealed record GoldenVector(string Message, string Kind, string Case, short Version, bool HasUnknownTag, JsonElement Json, byte[] Bytes)
{
    private static readonly Lazy<GoldenVector[]> Loaded = new(() => [.. Load("messages.jsonl.gz"), .. Load("internal-records.jsonl.gz")]);

    public static IReadOnlyList<GoldenVector> All => Loaded.Value;

    /// <summary>The vectors of messages, headers left out.</summary>
    public static IEnumerable<GoldenVector> OfMessages => All.Where(v => v.Kind != "header");

    /// <summary>Records of internal topics carry their version in front.</summary>
    public bool IsVersionPrefixed => Kind == "record";

    public override string ToString() => $"{Message} v{Version} {Case}";

    private static IEnumerable<GoldenVector> Load(string name)
    {
        using Stream packed = typeof(GoldenVector).Assembly.GetManifestResourceStream(name)!;
        using StreamReader reader = new(new GZipStream(packed, CompressionMode.Decompress));
        while (reader.ReadLine() is { } line)
        {
            JsonElement json = JsonDocument.Parse(line).RootElement;
            yield return new GoldenVector(
                json.GetProperty("message").GetString()!,
                json.GetProperty("kind").GetString()!,
                json.GetProperty("case").GetString()!,
                json.GetProperty("version").GetInt16(),
                json.GetProperty("unknownTag").GetBoolean(),
                json.GetProperty("json"),
                Convert.FromHexString(json.GetProperty("bytes").GetString()!));
        }
    }
}
