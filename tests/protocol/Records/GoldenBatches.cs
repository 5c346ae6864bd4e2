using System.IO.Compression;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Broker.Protocol.Tests.Records;

/// <summary>Record batches written by Apache Kafka 3.9.2's own serialiser, with what is in them.</summary>
public static class GoldenBatches
{
    private static readonly Lazy<IReadOnlyList<GoldenCase>> Cases = new(Load);

    public static IReadOnlyList<GoldenCase> All => Cases.Value;

    public static IEnumerable<GoldenCase> Current => All.Where(c => c.Batches[0].Magic == 2);

    public static IEnumerable<GoldenCase> Old => All.Where(c => c.Batches[0].Magic < 2);

    public static IEnumerable<TheoryDataRow<string>> CurrentNames => Current.Select(c => new TheoryDataRow<string>(c.Name));

    public static GoldenCase Named(string name) => All.Single(c => c.Name == name);

    private static List<GoldenCase> Load()
    {
        using FileStream file = File.OpenRead(Path.Combine(AppContext.BaseDirectory, "Fixtures", "batches.jsonl.gz"));
        using GZipStream gzip = new(file, CompressionMode.Decompress);
        using StreamReader lines = new(gzip);
        JsonSerializerOptions options = new(JsonSerializerDefaults.Web);
        List<GoldenCase> cases = [];
        while (lines.ReadLine() is { } line)
        {
            cases.Add(JsonSerializer.Deserialize<GoldenCase>(line, options)!);
        }

        return cases;
    }
}

public sealed record GoldenCase(string Name, string Compression, GoldenBatch[] Batches, GoldenRecord[] Records,
    [property: JsonPropertyName("bytes")] string Hex)
{
    public byte[] ToBytes() => Convert.FromHexString(Hex);

    public override string ToString() => Name;
}

public sealed record GoldenBatch(
    int Magic,
    long BaseOffset,
    long LastOffset,
    int SizeInBytes,
    long MaxTimestamp,
    string TimestampType,
    long ProducerId,
    short ProducerEpoch,
    int BaseSequence,
    bool Transactional,
    bool Control,
    int LeaderEpoch,
    uint Checksum,
    bool Valid);

public sealed record GoldenRecord(long Offset, long Timestamp, string? Key, string? Value, string?[][] Headers);
