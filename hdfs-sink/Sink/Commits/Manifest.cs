using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Game.HdfsSink.Commits;

/// <summary>
/// What one commit holds. The manifests of a partition make a chain from position 0: each begins where the one before ended, so the name of a claim
/// ("_commits/PARTITION/FIRST") can be taken once only. They are never deleted: a sink that slept through a year still finds its claim taken.
/// </summary>
internal sealed record Manifest
{
    public const int CurrentFormat = 1;

    /// <summary>For people who look into the warehouse: lines of their own, and "+" as it is.</summary>
    private static readonly ManifestJson Readable = new(new JsonSerializerOptions(ManifestJson.Default.Options) { WriteIndented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping });

    /// <summary>1; a reader refuses others.</summary>
    public int Format { get; init; } = CurrentFormat;

    /// <summary>Names the try that wrote it, so that a sink can tell its own claim from another's.</summary>
    public required Guid CommitId { get; init; }

    public required string Topic { get; init; }

    /// <summary>The topic's id in Kafka's base64 form: a topic made anew under the same name has another.</summary>
    public required string TopicId { get; init; }

    public required int Partition { get; init; }

    /// <summary>The first consumer position of the range.</summary>
    public required long First { get; init; }

    /// <summary>The position after the range, where the next commit begins.</summary>
    public required long Next { get; init; }

    /// <summary>Records in it; fewer than positions where markers or compaction left gaps.</summary>
    public required long Rows { get; init; }

    /// <summary>The range was gone from the log (retention) before it could be read; there are no files.</summary>
    public bool LostToRetention { get; init; }

    /// <summary>The sink's clock, epoch milliseconds.</summary>
    public required long CommittedAt { get; init; }

    public required IReadOnlyList<ManifestFile> Files { get; init; }

    public byte[] ToJson() => JsonSerializer.SerializeToUtf8Bytes(this, Readable.Manifest);

    /// <summary>Reads a manifest; null for bytes that are none, or one of a version that this sink does not know.</summary>
    public static Manifest? TryParse(ReadOnlySpan<byte> json)
    {
        try
        {
            Manifest? manifest = JsonSerializer.Deserialize(json, ManifestJson.Default.Manifest);
            return manifest is { Format: CurrentFormat } && manifest.First >= 0 && manifest.Next > manifest.First ? manifest : null;
        }
        catch (JsonException)
        {
            return null; // what that means depends on where it lies: the caller knows
        }
    }
}

/// <summary>One data file of a commit.</summary>
/// <param name="Staged">Its full path before it is placed.</param>
/// <param name="Path">Its full path after.</param>
/// <param name="Rows">Rows in it.</param>
/// <param name="Bytes">Its length.</param>
/// <param name="Sha256">Of its bytes, in lower-case hexadecimal digits.</param>
internal sealed record ManifestFile(string Staged, string Path, long Rows, long Bytes, string Sha256);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, RespectNullableAnnotations = true)]
[JsonSerializable(typeof(Manifest))]
internal sealed partial class ManifestJson : JsonSerializerContext;
