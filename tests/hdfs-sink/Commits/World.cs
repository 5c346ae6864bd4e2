using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Game.HdfsSink.Commits;
using Game.HdfsSink.Rows;
using Game.WebHdfs;
using Microsoft.Extensions.Time.Testing;

namespace Game.HdfsSink.Tests.Commits;

/// <summary>One partition's log, and the HDFS that sinks write it to. Tests create, run and kill sinks on it.</summary>
internal sealed class World : ITopicIds
{
    public const int Partition = 3;
    public const string Root = "/warehouse";
    public const string Topic = "things";
    private const long HourMs = 3_600_000;

    private readonly List<RawRecord> _log = [];

    public World(int records, int seed)
    {
        Random random = new(seed);
        long offset = 0;
        for (int i = 0; i < records; i++)
        {
            offset += random.Next(4) == 0 ? 1 + random.Next(3) : 0; // markers and compacted records leave gaps
            _log.Add(new RawRecord(Partition, offset++, HourMs * random.Next(3), null, []));
        }

        LogEnd = offset + 1; // a marker at the end
    }

    public MemoryHdfs Hdfs { get; } = new();

    /// <summary>The warnings of the sinks.</summary>
    public List<string> Warnings { get; } = [];

    public string TopicId { get; set; } = "topic-id-1";

    public long LogStart { get; set; }

    public long LogEnd { get; set; }

    public Warehouse Warehouse { get; } = new(Root, Topic);

    public Task<string?> FindAsync(string topic, CancellationToken cancellationToken) => Task.FromResult<string?>(TopicId);

    public Committer Sink(IWebHdfs? hdfs = null) =>
        new(new CommitterContext(hdfs ?? Hdfs, this, new SemaphoreSlim(1), new FakeTimeProvider(), Guid.NewGuid, Warnings.Add),
            Warehouse, new OffsetTable(), Partition);

    /// <summary>Runs a sink: it opens the partition, and commits batches of up to <paramref name="batch"/> positions to the log's end.</summary>
    public async Task RunAsync(IWebHdfs hdfs, int batch)
    {
        Committer sink = Sink(hdfs);
        long position = await sink.OpenAsync(State(), AskLogEnd, TestContext.Current.CancellationToken);
        while (position < LogEnd)
        {
            position = (await sink.CommitAsync(Read(position, batch), TestContext.Current.CancellationToken)).Position;
        }
    }

    public PartitionState State() => new(TopicId, LogStart, LogEnd);

    public Task<long> AskLogEnd(CancellationToken cancellationToken) => Task.FromResult(LogEnd);

    public RecordBatch Read(long position, int count)
    {
        long next = Math.Min(position + count, LogEnd);
        return new RecordBatch(position, next, [.. _log.Where(record => record.Offset >= position && record.Offset < next)], 0);
    }

    /// <summary>Every record of the log is in one data file once, and the manifests are a chain that names those files and no others.</summary>
    public void ShouldHoldEverythingOnce()
    {
        IReadOnlyDictionary<string, byte[]> files = Hdfs.Files;
        Dictionary<string, byte[]> data = files
            .Where(file => file.Key.EndsWith(".parquet", StringComparison.Ordinal) && !file.Key.Contains("/_tmp/")).ToDictionary();
        data.Values.SelectMany(bytes => JsonSerializer.Deserialize<long[]>(bytes)!).Order()
            .ShouldBe(_log.Where(record => record.Offset >= LostBefore()).Select(record => record.Offset));
        IReadOnlyList<Manifest> manifests = Chain();
        manifests[^1].Next.ShouldBe(LogEnd);
        List<ManifestFile> named = manifests.SelectMany(manifest => manifest.Files).ToList();
        named.Select(file => file.Path).Order(StringComparer.Ordinal).ShouldBe(data.Keys.Order(StringComparer.Ordinal));
        foreach (ManifestFile file in named)
        {
            (file.Bytes, file.Sha256).ShouldBe((data[file.Path].Length, Convert.ToHexStringLower(SHA256.HashData(data[file.Path]))));
        }
    }

    public IReadOnlyList<string> Staged => [.. Hdfs.Files.Keys.Where(path => path.Contains("/_tmp/"))];

    /// <summary>The manifests from position 0 on, each beginning where the one before ended.</summary>
    public IReadOnlyList<Manifest> Chain()
    {
        List<Manifest> claims = Hdfs.Files.Where(file => file.Key.Contains("/_commits/")).Select(file => Manifest.TryParse(file.Value)).OfType<Manifest>()
            .OrderBy(manifest => manifest.First).ToList();
        long position = 0;
        foreach (Manifest manifest in claims)
        {
            manifest.First.ShouldBe(position);
            position = manifest.Next;
        }

        return claims;
    }

    private long LostBefore() => Chain().Where(manifest => manifest.LostToRetention).Select(manifest => manifest.Next).DefaultIfEmpty(0).Max();

    /// <summary>A table whose files hold the rows' offsets; the record's timestamp decides the hour.</summary>
    private sealed class OffsetTable : ITable
    {
        public string Topic => World.Topic;

        public DecodedBatch Decode(RecordBatch batch) => new(
            [.. batch.Records.GroupBy(record => record.AppendedAt / HourMs).Select(hour => new PendingFile(
                new HourFile(hour.Key, IsMisdated: false), hour.Count(),
                output => output.WriteAsync(Encoding.UTF8.GetBytes(JsonSerializer.Serialize(hour.Select(record => record.Offset)))).AsTask()))],
            Undecodable: 0);
    }
}
