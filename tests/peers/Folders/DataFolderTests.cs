using Confluent.Kafka;

namespace Peers.Tests.Folders;

/// <summary>A data folder that one broker wrote, opened by the other.</summary>
public sealed class DataFolderTests : IDisposable
{
    private const int Partitions = 3;
    private const int Records = 3000;
    private const int OldRecords = 100;
    private const string FewOffsetsPartitions = "offsets.topic.num.partitions=3";
    private static readonly DateTimeOffset LongAgo = DateTimeOffset.FromUnixTimeSeconds(1_500_000_000);
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Apache_continues_with_our_folder_and_we_with_the_folder_it_changed(bool endsInOrder)
    {
        Need.AllCases();
        string data = _folder["data"];
        Dictionary<int, long> committed;
        await using BrokerProcess ours = await BrokerProcess.StartAsync(data, FewOffsetsPartitions);
        await FillAsync(ours.BootstrapServers);
        committed = Kafka.ReadAndCommit(ours.BootstrapServers, "group", "t", 1000);
        if (endsInOrder)
        {
            await ours.StopAsync();
        }
        else
        {
            await ours.KillAsync();
        }

        await using ApacheZooKeeper zooKeeper = await ApacheZooKeeper.StartAsync(_folder);
        await zooKeeper.CreateAsync(Znodes(data));
        await using (ApacheKafka apache = await ApacheKafka.StartAsync(_folder, zooKeeper, data, FewOffsetsPartitions))
        {
            await ShouldHoldAsync(apache.BootstrapServers, Records, committed);
            apache.Complaints.ShouldBeEmpty();
            await Kafka.ProduceAsync(apache.BootstrapServers, "t", Kafka.Numbers(Records, Records), CompressionType.Lz4);
            committed = Kafka.ReadAndCommit(apache.BootstrapServers, "group", "t", 1000);
            await apache.StopAsync();
        }

        await ours.StartAgainAsync();
        await ShouldHoldAsync(ours.BootstrapServers, 2 * Records, committed);
        await Kafka.ProduceAsync(ours.BootstrapServers, "t", Kafka.Numbers(2 * Records, 10));
    }

    [Fact]
    public async Task We_continue_with_Apache_s_folder()
    {
        Need.AllCases();
        string data = _folder["data"];
        Dictionary<int, long> committed;
        await using (ApacheZooKeeper zooKeeper = await ApacheZooKeeper.StartAsync(_folder))
        {
            await using ApacheKafka apache = await ApacheKafka.StartAsync(_folder, zooKeeper, data, FewOffsetsPartitions);
            await FillAsync(apache.BootstrapServers);
            committed = Kafka.ReadAndCommit(apache.BootstrapServers, "group", "t", 1000);
            await apache.StopAsync();
        }

        string identity = await File.ReadAllTextAsync(Path.Combine(data, "meta.properties"));
        await using BrokerProcess ours = await BrokerProcess.StartAsync(data, FewOffsetsPartitions);
        await ShouldHoldAsync(ours.BootstrapServers, Records, committed);
        ours.Log.ShouldContain(identity.Split('\n').Single(line => line.StartsWith("cluster.id=", StringComparison.Ordinal))["cluster.id=".Length..]);
        await Kafka.ProduceAsync(ours.BootstrapServers, "t", Kafka.Numbers(Records, 10));
        Kafka.ReadAll(ours.BootstrapServers, "t", Partitions).Count.ShouldBe(Records + 10);
    }

    [Fact]
    public async Task Old_records_of_Apache_s_stay_though_their_topics_settings_do_not()
    {
        Need.AllCases();
        string data = _folder["data"];
        await using (ApacheZooKeeper zooKeeper = await ApacheZooKeeper.StartAsync(_folder))
        {
            await using ApacheKafka apache = await ApacheKafka.StartAsync(_folder, zooKeeper, data, FewOffsetsPartitions, "log.cleaner.backoff.ms=100");
            await FillWithOldAsync(apache.BootstrapServers, "kept", ("retention.ms", "-1"));
            await FillWithOldAsync(apache.BootstrapServers, "compacted", ("cleanup.policy", "compact"), ("min.cleanable.dirty.ratio", "0"));
            string cleaned = Path.Combine(data, "cleaner-offset-checkpoint");
            await Until.HoldsAsync("Apache has compacted", Apache.Patience,
                () => File.Exists(cleaned) && File.ReadAllText(cleaned).Contains("compacted 0 ", StringComparison.Ordinal));
            await apache.StopAsync();
        }

        string[] before = Segments(data);
        await using BrokerProcess ours = await BrokerProcess.StartAsync(data, FewOffsetsPartitions, "log.initial.task.delay.ms=0",
            "log.retention.check.interval.ms=1");
        await RetentionHasRunAsync(ours.BootstrapServers, "early");
        await RetentionHasRunAsync(ours.BootstrapServers, "late");
        Kafka.ReadAll(ours.BootstrapServers, "kept", 1).Count.ShouldBe(OldRecords);
        before.Except(Segments(data)).ShouldBeEmpty();
        ours.Log.ShouldContain("kafka-configs --alter --entity-type topics --entity-name kept");
        string described = await Apache.KafkaAsync("3.9", "configs",
            ["--bootstrap-server", ours.BootstrapServers, "--describe", "--entity-type", "topics", "--entity-name", "compacted"]);
        described.ShouldContain("cleanup.policy=compact");
        described.ShouldContain("retention.ms=-1");
    }

    private static string[] Segments(string data)
        => [.. new[] { "kept-0", "compacted-0" }.SelectMany(partition => Directory.GetFiles(Path.Combine(data, partition), "*.log"))];

    private static async Task FillWithOldAsync(string bootstrapServers, string topic, params (string Key, string Value)[] settings)
    {
        await Kafka.CreateTopicAsync(bootstrapServers, topic, 1, [("segment.bytes", "1000"), .. settings]);
        using IProducer<string, string> producer = new ProducerBuilder<string, string>(new ProducerConfig
        {
            BootstrapServers = bootstrapServers, LingerMs = 0,
        }).Build();
        for (int i = 0; i < OldRecords; i++)
        {
            await producer.ProduceAsync(topic,
                new Message<string, string> { Key = $"k{i % 3}", Value = new string('v', 100), Timestamp = new Timestamp(LongAgo) });
        }
    }

    // A topic whose records may expire has lost them. When this has happened to two topics created one after the other, the broker has checked all topics.
    private static async Task RetentionHasRunAsync(string bootstrapServers, string probe)
    {
        await FillWithOldAsync(bootstrapServers, probe, ("retention.ms", "1"));
        await Until.HoldsAsync("old segments are deleted", Kafka.Patience, () => Kafka.Earliest(bootstrapServers, probe) > 0);
    }

    private static async Task FillAsync(string bootstrapServers)
    {
        await Kafka.CreateTopicAsync(bootstrapServers, "t", Partitions, ("segment.bytes", "20000"));
        await Kafka.ProduceAsync(bootstrapServers, "t", Kafka.Numbers(0, Records / 2));
        await Kafka.ProduceAsync(bootstrapServers, "t", Kafka.Numbers(Records / 2, Records / 2), CompressionType.Zstd);
    }

    private static async Task ShouldHoldAsync(string bootstrapServers, int count, Dictionary<int, long> committed)
    {
        await Kafka.HasLeadersAsync(bootstrapServers, "t", Partitions);
        List<ConsumeResult<string, string>> read = Kafka.ReadAll(bootstrapServers, "t", Partitions);
        read.Select(r => int.Parse(r.Message.Value)).Order().ShouldBe(Enumerable.Range(0, count));
        foreach (IGrouping<int, ConsumeResult<string, string>> partition in read.GroupBy(r => r.Partition.Value))
        {
            partition.Select(r => int.Parse(r.Message.Value)).ShouldBeInOrder();
        }
        (await Kafka.CommittedAsync(bootstrapServers, "group", "t")).ShouldBe(committed, ignoreOrder: true);
    }

    // What ZooKeeper must hold so that Apache's broker accepts the folder as its own: the cluster, each topic with its id, leader and epoch, and the assigned
    // producer ids.
    private static IEnumerable<(string Path, string Data)> Znodes(string data)
    {
        yield return ("/cluster", "{}");
        yield return ("/cluster/id", $"{{\"version\":\"1\",\"id\":\"{Property(Path.Combine(data, "meta.properties"), "cluster.id=")}\"}}");
        yield return ("/latest_producer_id_block", "{\"version\":1,\"broker\":0,\"block_start\":\"1000\",\"block_end\":\"1999\"}");
        yield return ("/brokers", "{}");
        yield return ("/brokers/topics", "{}");
        foreach (IGrouping<string, string> topic in Directory.GetDirectories(data)
            .GroupBy(path => Path.GetFileName(path)[..Path.GetFileName(path).LastIndexOf('-')]))
        {
            string node = $"/brokers/topics/{topic.Key}";
            string id = Property(Path.Combine(topic.First(), "partition.metadata"), "topic_id: ");
            string assignment = string.Join(',', topic.Select(path => $"\"{Partition(path)}\":[0]"));
            yield return (node, $"{{\"version\":3,\"topic_id\":\"{id}\",\"partitions\":{{{assignment}}},\"adding_replicas\":{{}},\"removing_replicas\":{{}}}}");
            yield return ($"{node}/partitions", "{}");
            foreach (string path in topic)
            {
                yield return ($"{node}/partitions/{Partition(path)}", "{}");
                yield return ($"{node}/partitions/{Partition(path)}/state",
                    $"{{\"controller_epoch\":0,\"leader\":0,\"version\":1,\"leader_epoch\":{Epoch(path)},\"isr\":[0]}}");
            }
        }
    }

    private static string Property(string file, string prefix)
        => File.ReadLines(file).Single(line => line.StartsWith(prefix, StringComparison.Ordinal))[prefix.Length..];

    private static string Partition(string path) => path[(path.LastIndexOf('-') + 1)..];

    // The checkpoint's last line is EPOCH START-OFFSET; without a record there is none.
    private static string Epoch(string path)
    {
        string checkpoint = Path.Combine(path, "leader-epoch-checkpoint");
        string[] lines = File.Exists(checkpoint) ? File.ReadAllLines(checkpoint) : [];
        return lines.Length > 2 ? lines[^1].Split(' ')[0] : "0";
    }
}
