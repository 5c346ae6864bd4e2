using System.Text.RegularExpressions;
using Confluent.Kafka;

namespace Peers.Tests.Files;

/// <summary>Our broker's files, read by Apache's dump tool.</summary>
public sealed partial class SegmentTests : IDisposable
{
    private const int Records = 6000;
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Every_batch_is_valid_and_every_index_is_sane()
    {
        Need.Apache();
        await using BrokerProcess broker = await WrittenAsync();
        string partition = Path.Combine(broker.DataFolder, "dumped-0");
        string[] segments = Files(partition, "*.log");
        segments.Length.ShouldBeGreaterThan(5);
        string[] indexes = [.. Files(partition, "*.index"), .. Files(partition, "*.timeindex")];
        string dumped = await DumpLog.RunAsync("--deep-iteration", "--files", string.Join(',', [.. segments, .. indexes]));
        dumped.ShouldNotContain("isvalid: false");
        dumped.ShouldNotContain("Mismatches");
        dumped.ShouldNotContain("Found");
        dumped.ShouldNotContain("Non consecutive");
        Count().Matches(dumped).Sum(match => int.Parse(match.Groups["n"].Value)).ShouldBe(Records);
        foreach (string codec in (string[])["none", "gzip", "snappy", "lz4", "zstd"])
        {
            dumped.ShouldContain($"compresscodec: {codec}");
        }

        await DumpLog.IndexesShouldBeSaneAsync(indexes);
    }

    [Fact]
    public async Task Offsets_snapshots_and_all_files_are_read_after_a_clean_end_and_after_a_kill()
    {
        Need.AllCases();
        await using BrokerProcess broker = await WrittenAsync();
        Kafka.ReadAndCommit(broker.BootstrapServers, "dumped-group", "dumped", 100);
        await broker.KillAsync();
        await broker.StartAgainAsync();
        await Kafka.ProduceAsync(broker.BootstrapServers, "dumped", Kafka.Numbers(Records, 100));
        (await broker.StopAsync()).ShouldBe(0);
        string[] partitions = [.. Directory.GetDirectories(broker.DataFolder)];
        string all = await DumpLog.RunAsync("--deep-iteration", "--files",
            string.Join(',',
                partitions.SelectMany(p => Files(p, "*.log").Concat(Files(p, "*.index")).Concat(Files(p, "*.timeindex")).Concat(Files(p, "*.snapshot")))));
        all.ShouldNotContain("isvalid: false");
        all.ShouldNotContain("Mismatches");
        all.ShouldContain("producerId: ");
        string offsets = await DumpLog.RunAsync("--offsets-decoder", "--files",
            string.Join(',',
                partitions.Where(p => p.Contains("__consumer_offsets", StringComparison.Ordinal)).SelectMany(p => Files(p, "*.log"))
                    .Where(f => new FileInfo(f).Length > 0)));
        offsets.ShouldContain("\"group\":\"dumped-group\"");
        offsets.ShouldContain("\"topic\":\"dumped\"");
        offsets.ShouldContain("\"offset\":100");
        offsets.ShouldContain("\"protocolType\":\"consumer\"");
    }

    private async Task<BrokerProcess> WrittenAsync()
    {
        BrokerProcess broker = await BrokerProcess.StartAsync(_folder["broker"], "offsets.topic.num.partitions=3");
        await Kafka.CreateTopicAsync(broker.BootstrapServers, "dumped", 1, ("segment.bytes", "5000"), ("index.interval.bytes", "500"));
        CompressionType[] codecs = [CompressionType.None, CompressionType.Gzip, CompressionType.Snappy, CompressionType.Lz4, CompressionType.Zstd];
        for (int i = 0; i < codecs.Length; i++)
        {
            await Kafka.ProduceAsync(broker.BootstrapServers, "dumped", Kafka.Numbers(i * Records / codecs.Length, Records / codecs.Length), codecs[i]);
        }
        return broker;
    }

    private static string[] Files(string partition, string pattern) => [.. Directory.GetFiles(partition, pattern).Order(StringComparer.Ordinal)];

    [GeneratedRegex(@"^baseOffset: .* count: (?<n>\d+) ", RegexOptions.Multiline | RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Count();
}
