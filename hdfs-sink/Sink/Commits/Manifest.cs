using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Game.HdfsSink.Commits;

/// <summary>
/// The content of one commit. The manifests of a partition form a chain from position 0: each begins where the one before ends, and only one manifest can have
/// the name of a range ("_commits/PARTITION/FIRST"). Manifests are never deleted: a sink that was suspended for a year still finds that its range is claimed.
/// </summary>
internal sealed record Manifest
{
    public const int CurrentFormat = 1;

    /// <summary>Writes JSON that people can read: one line for each field, and "+" without an escape.</summary>
    private static readonly ManifestJson Readable = new(
        new JsonSerializerOptions(ManifestJson.Default.Options) { WriteIndented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping });

    /// <summary>Always 1; a reader refuses other formats.</summary>
    public int Format { get; init; } = CurrentFormat;

    /// <summary>The id of the commit, by which a sink distinguishes its own claim from another sink's.</summary>
    public required Guid CommitId { get; init; }

    public required string Topic { get; init; }

    /// <summary>The topic's id in Kafka's base64 form: a topic that is deleted and created again has another.</summary>
    public required string TopicId { get; init; }

    public required int Partition { get; init; }

    /// <summary>The first consumer position of the range.</summary>
    public required long First { get; init; }

    /// <summary>The position after the range, where the next commit begins.</summary>
    public required long Next { get; init; }

    /// <summary>Records in it; fewer than positions where markers or compaction left gaps.</summary>
    public required long Rows { get; init; }

    /// <summary>Whether retention deleted the range before a sink read it; the commit then has no files.</summary>
    public bool LostToRetention { get; init; }

    /// <summary>The time of the commit by the sink's clock, epoch milliseconds.</summary>
    public required long CommittedAt { get; init; }

    public required IReadOnlyList<ManifestFile> Files { get; init; }

    public byte[] ToJson() => JsonSerializer.SerializeToUtf8Bytes(this, Readable.Manifest);

    /// <summary>Reads a manifest; null where the bytes are not a manifest, or have a format that this sink does not know.</summary>
    public static Manifest? TryParse(ReadOnlySpan<byte> json)
    {
        try
        {
            Manifest? manifest = JsonSerializer.Deserialize(json, ManifestJson.Default.Manifest);
            return manifest is { Format: CurrentFormat } && manifest.First >= 0 && manifest.Next > manifest.First ? manifest : null;
        }
        catch (JsonException)
        {
            return null; // the caller decides what that means for the file
        }
    }
}

/// <summary>One data file of a commit.</summary>
/// <param name="Staged">Its full path before the range is claimed.</param>
/// <param name="Path">Its final full path.</param>
/// <param name="Rows">How many rows it holds.</param>
/// <param name="Bytes">Its length.</param>
/// <param name="Sha256">The SHA-256 of its bytes, in lower-case hexadecimal digits.</param>
internal sealed record ManifestFile(string Staged, string Path, long Rows, long Bytes, string Sha256);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, RespectNullableAnnotations = true)]
[JsonSerializable(typeof(Manifest))]
internal sealed partial class ManifestJson : JsonSerializerContext;
