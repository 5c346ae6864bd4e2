using System.CommandLine;
using System.Text.Json;
using Game.Cli;
using Game.Cli.Bench;
using Game.Cli.Verbs;

namespace Game.Demo.Tests;

public sealed class ClusterBenchTests
{
    private static readonly ClusterBenchOptions Options = new(30, 10, 3, 500, 5000, Kills: 20, SessionTimeoutSeconds: 6, Partitions: 0);

    [Fact]
    public void The_kills_are_shared_among_the_rounds() => Enumerable.Range(1, 3).Select(Options.KillsOf).ShouldBe([7, 7, 6]);

    [Fact]
    public void Fewer_kills_than_rounds_are_all_done()
        => Enumerable.Range(1, 3).Sum((Options with { Kills = 2 }).KillsOf).ShouldBe(2);

    [Fact]
    public void The_aims_are_on_their_lines_and_judged_by_the_medians()
    {
        ClusterBenchReport report = new(Options, [Figures("ours", 9e6, 1, 40, [5000, 5100, 9000]), Figures("peer", 3e6, 4, 400, [6000, 5000, 7000])]);
        Verdicts(report).ShouldBe(new Dictionary<string, string>
        {
            ["records produced per broker CPU second"] = "aim at least 3: reached",
            ["latency p99 ms"] = "aim at most 0.5: reached",
            ["peak RssAnon MB, all brokers"] = "aim at most 0.2: reached",
            ["leader killed to first write s, median"] = "aim at most 1: reached",
            ["leader killed to first write s, maximum"] = "aim at most 1: missed",
        });
    }

    [Fact]
    public void What_was_not_measured_has_no_line()
    {
        ClusterBenchReport report = new(Options with { Kills = 0 }, [Figures("ours", 1, 1, 1, [])]);
        report.Figures.ShouldNotContain(figure => figure.Name.Contains("killed", StringComparison.Ordinal));
        report.Figures.ShouldNotContain(figure => figure.Name.Contains("RF", StringComparison.Ordinal));
    }

    [Fact]
    public void Partitions_of_one_replica_have_no_line_for_a_leader_that_is_replaced()
    {
        PartitionFigures single = new(4, 0.1, new LatencyAtRate(500, 1, 2, 3, 0.2), 1000, FailOverSeconds: null, ControllerFailOverSeconds: null, 8);
        PartitionFigures replicated = single with { FailOverSeconds = 6, ControllerFailOverSeconds = 7 };
        ClusterBenchReport report = new(Options with { Partitions = 10_000 },
            [Figures("ours", 1, 1, 1, [5000]) with { PartitionsOfOneReplica = single, ReplicatedPartitions = replicated }]);
        report.Figures.Count(figure => figure.Name.Contains("10,000 partitions", StringComparison.Ordinal)).ShouldBe(2);
        report.Figures.Single(figure => figure.Name == "RF 3: controller killed to all led s").Values.ShouldBe([7]);
    }

    [Fact]
    public void Kills_of_controllers_have_a_median_of_their_own()
    {
        LeaderKill[] kills = [new(1, WasController: true, 7000, 1, 1), new(2, WasController: false, 5000, 1, 1), new(3, WasController: false, 6000, 1, 1)];
        ClusterBenchReport report = new(Options, [Figures("ours", 1, 1, 1, []) with { Kills = kills }]);
        report.Figures.Single(figure => figure.Name == "median where it was the controller").Values.ShouldBe([7]);
        report.Figures.Single(figure => figure.Name == "median where it was not").Values.ShouldBe([5.5]);
    }

    [Fact]
    public void The_report_names_its_fields_as_others_do()
    {
        ClusterBenchReport report = new(Options, [Figures("ours", 9e6, 1, 40, [5000])]);
        JsonElement ours = JsonDocument.Parse(report.ToJson()).RootElement.GetProperty("clusters")[0];
        ours.GetProperty("load").GetProperty("latencies")[0].GetProperty("p99_ms").GetDouble().ShouldBe(1);
        ours.GetProperty("kills")[0].GetProperty("first_write_ms").GetDouble().ShouldBe(5000);
    }

    [Theory]
    [InlineData(1, "bench-many-1: 1")]
    [InlineData(1000, "bench-many-1: 1000")]
    [InlineData(2500, "bench-many-1: 1000, bench-many-2: 1000, bench-many-3: 500")]
    public void Many_partitions_are_in_topics_of_a_thousand(int partitions, string topics)
        => string.Join(", ", PartitionsBench.Topics(partitions).Select(topic => $"{topic.Key}: {topic.Value}")).ShouldBe(topics);

    [Fact]
    public void Brokers_of_both_sides_get_the_same_session_and_in_sync_replicas()
        => BrokersWanted.Cluster(TimeSpan.FromSeconds(4)).Settings.ShouldBe(["zookeeper.session.timeout.ms=4000", "min.insync.replicas=2",
            "default.replication.factor=3", "offsets.topic.replication.factor=3"]);

    [Theory]
    [InlineData("--peer", "4.2", "--peer takes 3.9, not '4.2': of the peers only that one runs on ZooKeeper.")]
    [InlineData("--session-timeout", "11", "--session-timeout is '11', but must be a whole number between 1 and 10.")]
    [InlineData("--kills", "-1", "--kills is '-1', but must be a whole number between 0 and 1000.")]
    [InlineData("--partitions", "15001", "--partitions is '15001', but must be a whole number between 0 and 15000.")]
    [InlineData("--rounds", "0", "--rounds is '0', but must be a whole number between 1 and 1000.")]
    [InlineData("--busy-rate", "0", "--busy-rate is '0', but must be a number between 0.001 and 1000000.")]
    public async Task A_value_that_it_cannot_use_is_refused_in_one_sentence(string option, string value, string sentence)
    {
        await using StringWriter errors = new();
        Command root = new("./game") { BenchVerb.Create() };
        int code = await Outcome.OfAsync(root, ["bench", "cluster", $"{option}={value}"], errors, TestContext.Current.CancellationToken);
        (code, errors.ToString()).ShouldBe((2, $"game: {sentence} See ./game bench cluster --help.\n"));
    }

    private static Dictionary<string, string> Verdicts(ClusterBenchReport report)
        => report.Figures.Where(figure => figure.Aim is not null).ToDictionary(figure => figure.Name, figure => figure.Aim!.Verdict(figure.Ratio!.Value));

    private static ClusterFigures Figures(string name, double produced, double p99, long peak, double[] kills)
        => new(name, new LoadFigures(produced, 1, 1, [new LatencyAtRate(500, 1, p99, 1, 1), new LatencyAtRate(5000, 1, 1, 1, 1)]), peak,
            [.. kills.Select(ms => new LeaderKill(1, WasController: false, ms, 1, 1))], null, null);
}
