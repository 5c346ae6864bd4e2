using System.Text.Json;

namespace Peers.Tests.Whole;

/// <summary>The whole system with Apache Kafka and Hadoop.</summary>
public sealed class DemoTests : IDisposable
{
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(10);
    private static readonly string[] Small = ["--seconds", "15", "--players", "300", "--rate", "50"];
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task The_audits_hold_on_Apache_Kafka_and_Hadoop()
    {
        Need.AllCases();
        await using HadoopCluster hadoop = await HadoopCluster.StartAsync(_folder["hadoop"]);
        await using ApacheZooKeeper zooKeeper = await ApacheZooKeeper.StartAsync(_folder);
        await using ApacheKafka kafka = await ApacheKafka.StartAsync(_folder, zooKeeper, _folder["kafka"]);
        string[] outside = ["--bootstrap-server", kafka.BootstrapServers, "--webhdfs", hadoop.WebHdfs];
        CommandResult demo = await GameAsync(["demo", .. Small, .. outside, "--report", _folder["report.json"]]);
        demo.ExitCode.ShouldBe(0, demo.Said);
        using JsonDocument report = JsonDocument.Parse(await File.ReadAllTextAsync(_folder["report.json"]));
        report.RootElement.GetProperty("audit").GetProperty("ok").GetBoolean().ShouldBeTrue();
        report.RootElement.GetProperty("endpoints").GetProperty("bootstrap").GetString().ShouldBe(kafka.BootstrapServers);

        CommandResult count = await GameAsync(["query", "select count(*) as n from alerts", "--csv", "--webhdfs", hadoop.WebHdfs]);
        count.Lines[^1].ShouldBe(report.RootElement.GetProperty("audit").GetProperty("alerts_in_hdfs").GetInt64()
            .ToString(System.Globalization.CultureInfo.InvariantCulture), count.Said);
        CommandResult again = await GameAsync(["demo", .. Small, .. outside]);
        again.ExitCode.ShouldBe(1, again.Said);
        again.Errors.ShouldContain("is not empty");
    }

    [Fact]
    public async Task Apache_s_tools_read_a_running_system()
    {
        Need.AllCases();
        CommandResult demo = await GameAsync(["demo", .. Small, "--keep", "--report", _folder["report.json"]]);
        try
        {
            demo.ExitCode.ShouldBe(0, demo.Said);
            using JsonDocument report = JsonDocument.Parse(await File.ReadAllTextAsync(_folder["report.json"]));
            string servers = report.RootElement.GetProperty("endpoints").GetProperty("bootstrap").GetString()!;
            string data = report.RootElement.GetProperty("folder").GetString()!;
            await TopicsAndGroupsAsync(servers);
            await FilesAsync(data);
        }
        finally
        {
            (await GameAsync(["down"])).ExitCode.ShouldBe(0);
        }

        ProcessTable.WithEnvironment("GAME_HOME", _folder.Path).ShouldBeEmpty();
    }

    private static async Task TopicsAndGroupsAsync(string servers)
    {
        foreach (string version in (string[])["3.9", "4.2"])
        {
            (await Apache.KafkaAsync(version, "console-consumer",
                ["--bootstrap-server", servers, "--topic", "alerts", "--from-beginning", "--max-messages", "5", "--timeout-ms", "60000"]))
                    .ShouldContain("\"alert_id\"");
            (await Apache.KafkaAsync(version, "topics", ["--bootstrap-server", servers, "--describe"])).ShouldContain("Topic: player-events");
            string detector = await Apache.KafkaAsync(version, "groups", ["--bootstrap-server", servers, "--describe", "--group", "detector"]);
            detector.Split('\n').Count(line => line.Contains(" player-events ", StringComparison.Ordinal)).ShouldBe(4, detector);
            detector.ShouldContain("detector-");
        }

        if (Command.Find("kcat") is not null)
        {
            (await Command.RunAsync("kcat", ["-b", servers, "-C", "-t", "player-events", "-o", "beginning", "-c", "5", "-e", "-q"])).Lines.Length.ShouldBe(5);
        }
    }

    private static async Task FilesAsync(string data)
    {
        string[] segments = Directory.GetFiles(Path.Combine(data, "broker"), "*.log", SearchOption.AllDirectories);
        string dumped = await DumpLog.RunAsync("--deep-iteration", "--files", string.Join(',', segments));
        dumped.ShouldContain("isvalid: true");
        dumped.ShouldNotContain("isvalid: false");
        await DumpLog.IndexesShouldBeSaneAsync([.. segments.SelectMany(segment => new[] { Path.ChangeExtension(segment, ".index"),
            Path.ChangeExtension(segment, ".timeindex") })]);
        foreach (string topic in (string[])["player-events", "alerts"])
        {
            string file = Directory.GetFiles(Path.Combine(data, "hdfs", "warehouse", topic), "*.parquet", SearchOption.AllDirectories)
                .First(path => path.Contains("/dt=", StringComparison.Ordinal));
            (await Apache.ParquetAsync("schema", file)).ShouldContain("\"name\" : \"event_id\"");
            (await Apache.ParquetAsync("cat", "-n", "3", file)).ShouldContain("\"event_id\"");
        }
    }

    private Task<CommandResult> GameAsync(string[] arguments)
        => Command.RunAsync(Programs.PathOf("game-cli"), arguments, Programs.Environment(_folder.Path), timeout: Limit);
}
