using System.Text.Json;

namespace Integration.Tests.Whole;

/// <summary>The demo's result, and queries over its folder.</summary>
public sealed class DemoTests(FinishedDemo demo) : IClassFixture<FinishedDemo>
{
    [Fact]
    public void It_ends_well_and_its_audit_holds()
    {
        demo.Run.ExitCode.ShouldBe(0, demo.Run.Said);
        JsonElement audit = demo.Report.GetProperty("audit");
        audit.GetProperty("ok").GetBoolean().ShouldBeTrue();
        Count(audit, "sent").ShouldBe(Count(audit, "answered") + Count(audit, "rejected"));
        Count(audit, "answered").ShouldBeGreaterThan(100);
        foreach (string place in (string[])["in_topic", "detected", "in_hdfs"])
        {
            Count(audit, place).ShouldBe(Count(audit, "answered"), place);
        }
        Count(audit, "history_in_hdfs").ShouldBe(Count(audit, "history_published"));
        Count(audit, "alerts_in_hdfs").ShouldBe(Count(audit, "alerts_in_topic"));
        foreach (string nothing in (string[])["duplicate_alert_ids", "duplicate_rows_in_hdfs", "replay_differences"])
        {
            Count(audit, nothing).ShouldBe(0, nothing);
        }
    }

    [Fact]
    public void It_reports_what_was_planted_caught_and_measured_and_the_addresses()
    {
        demo.Report.GetProperty("detection").GetProperty("scenarios").EnumerateObject().Select(scenario => scenario.Name).ShouldBe(["account-takeover",
            "gold-drain"], ignoreOrder: true);
        demo.Report.GetProperty("detection").GetProperty("scenarios").EnumerateObject().ShouldAllBe(scenario => Count(scenario.Value, "caught") > 0
            && Count(scenario.Value, "caught") <= Count(scenario.Value, "planted"));
        demo.Report.GetProperty("latency").GetProperty("action_to_ack").GetProperty("p50_ms").GetDouble().ShouldBeGreaterThan(0);
        demo.Report.GetProperty("latency").GetProperty("event_to_alert").GetProperty("p99_ms").GetDouble().ShouldBeGreaterThan(0);
        demo.Report.GetProperty("recovery").GetProperty("ms").GetDouble().ShouldBeGreaterThan(0);
        demo.Report.GetProperty("endpoints").GetProperty("game_servers").GetArrayLength().ShouldBe(2);
        Directory.Exists(demo.Report.GetProperty("folder").GetString()).ShouldBeTrue();
    }

    [Fact]
    public void It_leaves_no_process() => ProcessTable.WithEnvironment("GAME_HOME", demo.Home).ShouldBeEmpty();

    [Fact]
    public async Task A_query_s_table_is_for_people()
    {
        CommandResult result = await QueryAsync("select type, count(*) as n from player_events group by all order by all");
        result.ExitCode.ShouldBe(0, result.Said);
        result.Output.ShouldContain("login");
        result.Output.ShouldContain("trade");
        result.Output.ShouldContain("2 rows");
    }

    [Fact]
    public async Task A_query_s_CSV_and_JSON_are_for_programs_and_agree_with_the_audit()
    {
        const string Sql = "select count(*) as events, count(distinct user_id) as players from player_events";
        JsonElement audit = demo.Report.GetProperty("audit");
        long events = Count(audit, "in_hdfs") + Count(audit, "history_in_hdfs");
        CommandResult csv = await QueryAsync(Sql, "--csv");
        csv.Lines[0].ShouldBe("events,players", csv.Said);
        csv.Lines[1].ShouldStartWith($"{events},");
        CommandResult json = await QueryAsync(Sql, "--json");
        using JsonDocument row = JsonDocument.Parse(json.Output);
        row.RootElement.GetProperty("events").GetInt64().ShouldBe(events, json.Said);
    }

    [Fact]
    public async Task Alerts_are_rows_with_their_features()
    {
        CommandResult json = await QueryAsync("select alert_id, rule, reason, features, ts from alerts order by ts limit 1", "--json");
        json.ExitCode.ShouldBe(0, json.Said);
        using JsonDocument row = JsonDocument.Parse(json.Output);
        row.RootElement.GetProperty("reason").GetString().ShouldNotBeNullOrEmpty();
        row.RootElement.GetProperty("features").EnumerateObject().ShouldNotBeEmpty();
    }

    [Fact]
    public async Task Any_number_of_queries_may_run_at_once()
    {
        CommandResult[] results = await Task.WhenAll(Enumerable.Range(0, 3).Select(_ => QueryAsync("select count(*) as n from player_events", "--csv")));
        results.ShouldAllBe(result => result.ExitCode == 0 && result.Output == results[0].Output, results[^1].Said);
    }

    [Fact]
    public async Task Numbers_of_every_type_are_numbers_in_JSON()
    {
        CommandResult json =
            await QueryAsync(
            "select sum(gold_delta) as s, 1.50::decimal(5, 2) as d, 1.5::float as f, 18446744073709551615::ubigint as u from trades; select 2 as second",
                "--json");
        json.ExitCode.ShouldBe(0, json.Said);
        json.Lines[0].ShouldMatch("""^\{"s":-?[0-9]+,"d":1\.50,"f":1\.5,"u":18446744073709551615\}$""");
        json.Lines[1].ShouldBe("""{"second":2}""");
    }

    [Theory]
    [InlineData("player_events")]
    [InlineData("logins")]
    [InlineData("trades")]
    [InlineData("alerts")]
    public async Task A_view_has_the_same_columns_where_it_has_no_rows_yet(string view)
    {
        using TempFolder empty = new();
        Directory.CreateDirectory(empty["warehouse/player-events"]);
        string address = $"http://127.0.0.1:{FreePorts.Take()}";
        await using RunningProgram server = RunningProgram.Start(Programs.PathOf("local-webhdfs"), ["--root", empty.Path, "--urls", address],
            Programs.Environment(demo.Home));
        await server.LineAsync("WebHDFS over", Limit);
        CommandResult there = await QueryAsync($"describe {view}", "--csv"), nothing = await QueryAsync($"describe {view}", "--csv", "--webhdfs", address);
        there.Lines.Length.ShouldBeGreaterThan(10, there.Said);
        nothing.Output.ShouldBe(there.Output);
        (await QueryAsync($"select count(*) as n from {view}", "--csv", "--webhdfs", address)).Output.ShouldBe("n\n0\n");
    }

    [Fact]
    public async Task A_script_for_the_shell_stops_at_its_first_mistake()
    {
        CommandResult shell = await Command.RunAsync(Programs.PathOf("game-cli"), ["shell"], Programs.Environment(demo.Home),
            input: "select 5\n\nas five;\n;\n;\nselec 1;\nselect 6 as six;\n");
        shell.ExitCode.ShouldBe(1, shell.Said);
        shell.Output.ShouldContain("five");
        shell.Output.ShouldNotContain("six");
        shell.Errors.ShouldContain("selec");
    }

    [Fact]
    public async Task A_demo_that_cannot_begin_keeps_the_earlier_one()
    {
        (await GameAsync(demo.Home, "demo", "--webhdfs", "foo")).ExitCode.ShouldBe(2);
        (await GameAsync(demo.Home, "demo", "--report", "/nowhere/at/all.json")).ExitCode.ShouldBe(1);
        CommandResult elsewhere = await GameAsync(demo.Home, "up", "--webhdfs", "foo");
        elsewhere.ExitCode.ShouldBe(2, elsewhere.Said);
        Directory.Exists(demo.Report.GetProperty("folder").GetString()).ShouldBeTrue();
        (await QueryAsync("select 1 from alerts limit 1")).ExitCode.ShouldBe(0);
    }

    [Fact]
    public async Task A_demo_that_is_interrupted_keeps_the_earlier_one()
    {
        const string Sql = "select count(*) as n, max(ts) as newest from player_events";
        string before = (await QueryAsync(Sql, "--csv")).Output;
        await using (RunningProgram second = RunningProgram.Start(
            "env", ["--default-signal=INT", Programs.PathOf("game-cli"), "demo", "--seconds", "300", "--players", "50", "--rate", "20"],
                Programs.Environment(demo.Home)))
        {
            await second.LineAsync(line => line.StartsWith("playing live", StringComparison.Ordinal), "its play", TimeSpan.FromMinutes(3));
            (await QueryAsync(Sql, "--csv")).Output.ShouldNotBe(before, "what runs is asked");
            second.Send(Signal.Interrupt);
            (await second.ExitAsync(Limit)).ShouldBe(130, second.Said);
        }

        (await QueryAsync(Sql, "--csv")).Output.ShouldBe(before);
        Directory.Exists(demo.Report.GetProperty("folder").GetString()).ShouldBeTrue();
    }

    [Theory]
    [InlineData("--csv")]
    [InlineData("--json")]
    public async Task A_reader_that_closes_the_pipe_ends_the_query(string format)
    {
        string script = $"set -o pipefail; '{Programs.PathOf("game-cli")}' query 'select * from range(100000000000)' {format} | head -2";
        CommandResult head = await Command.RunAsync("bash", ["-c", script], Programs.Environment(demo.Home), timeout: Limit);
        head.ExitCode.ShouldBe(0, head.Said);
        head.Lines.Length.ShouldBe(2);
        head.Errors.ShouldBeEmpty();
    }

    [Theory]
    [InlineData("")]
    [InlineData(" ; ")]
    [InlineData("-- nothing")]
    [InlineData("selec 1")]
    [InlineData("select nothing_like_it from player_events")]
    [InlineData("select * from no_such_view")]
    public async Task A_wrong_query_ends_with_an_error_and_1(string sql)
    {
        CommandResult result = await QueryAsync(sql);
        result.ExitCode.ShouldBe(1, result.Said);
        result.Errors.ShouldStartWith("game: ");
        result.Errors.ShouldNotContain("   at ");
        result.Output.ShouldBeEmpty();
    }

    [Fact]
    public async Task A_query_without_SQL_is_a_usage_error()
    {
        CommandResult result = await GameAsync(demo.Home, "query");
        result.ExitCode.ShouldNotBe(0, result.Said);
        result.Errors.ShouldNotBeEmpty();
    }

    [Fact]
    public async Task A_query_of_an_HDFS_that_does_not_answer_reports_it()
    {
        CommandResult result = await QueryAsync("select 1 from alerts", "--webhdfs", $"http://127.0.0.1:{FreePorts.Take()}");
        result.ExitCode.ShouldBe(1, result.Said);
        result.Errors.Trim().Split('\n').Length.ShouldBe(1, result.Errors);
    }

    [Fact]
    public async Task A_query_without_any_demo_says_what_to_do()
    {
        using TempFolder empty = new();
        CommandResult result = await GameAsync(empty.Path, "query", "select 1 from alerts");
        result.ExitCode.ShouldBe(1, result.Said);
        result.Errors.ShouldContain("./game demo");
    }

    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(1);

    private static long Count(JsonElement section, string name) => section.GetProperty(name).GetInt64();

    private static Task<CommandResult> GameAsync(string home, params string[] arguments)
        => Command.RunAsync(Programs.PathOf("game-cli"), arguments, Programs.Environment(home));

    private Task<CommandResult> QueryAsync(string sql, params string[] options) => GameAsync(demo.Home, ["query", sql, .. options]);
}
