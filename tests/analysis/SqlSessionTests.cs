using Game.Analysis.Results;
using Game.Analysis.Sql;

namespace Game.Analysis.Tests;

/// <summary>Which files statements fetch, which rows they see, and which messages they show.</summary>
public sealed class SqlSessionTests : IAsyncLifetime
{
    private const string Endless = "select * from range(1000000000000)";
    private readonly TestWarehouse _warehouse = new();

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    public ValueTask DisposeAsync() => _warehouse.DisposeAsync();

    [Theory]
    [InlineData("selec * from alerts", "Parser Error")]
    [InlineData("select * from alerts where", "Parser Error")]
    [InlineData("select 1; select * from alerts limit;", "Parser Error")]
    [InlineData("select 'alerts", "Parser Error")]
    [InlineData("select rul from alerts", "Binder Error")]
    [InlineData("select * from alerts join logins using (nobody)", "Binder Error")]
    [InlineData("create table mine as select rul from alerts", "Binder Error")]
    [InlineData("select * from alrts", "Did you mean \"alerts")]
    public async Task A_wrong_statement_is_refused_before_a_file_is_fetched(string sql, string error)
    {
        _warehouse.WriteBroken("alerts", "2026-11-23 07");
        (await Should.ThrowAsync<UserErrorException>(_warehouse.ShownAsync(sql, ResultForm.Csv))).Message.ShouldContain(error);
        _warehouse.Fetched.ShouldBeEmpty();
    }

    [Theory]
    [InlineData("select * from alerts")]
    [InlineData("summarize alerts")]
    [InlineData("pivot alerts on rule")]
    [InlineData("create table mine as select * from alerts")]
    [InlineData("select * from query('select * from alerts')")]
    [InlineData("select * from query_table('alerts')")]
    [InlineData("select * from alerts_of_mine")]
    [InlineData("select * from by_rule('x')")]
    [InlineData("execute all_alerts")]
    public async Task A_statement_fetches_the_views_that_it_reads_under_any_name(string sql)
    {
        _warehouse.WriteBroken("alerts", "2026-11-23 07");
        await _warehouse.ShownAsync("create view alerts_of_mine as select * from alerts", ResultForm.Table);
        await _warehouse.ShownAsync("create macro by_rule(x) as table select * from alerts_of_mine where rule = x", ResultForm.Table);
        await _warehouse.ShownAsync("prepare all_alerts as select count(*)::bigint from alerts", ResultForm.Table);
        _warehouse.Fetched.ShouldBeEmpty();
        await Should.ThrowAsync<UserErrorException>(_warehouse.ShownAsync(sql, ResultForm.Csv));
        _warehouse.Fetched.ShouldHaveSingleItem();
    }

    [Theory]
    [InlineData("describe alerts")]
    [InlineData("show tables")]
    [InlineData("select table_name from information_schema.tables")]
    public async Task The_views_are_listed_without_a_file(string sql)
    {
        _warehouse.WriteBroken("alerts", "2026-11-23 07");
        (await _warehouse.ShownAsync(sql, ResultForm.Csv)).ShouldContain(
            sql.StartsWith("describe", StringComparison.Ordinal) ? "rule_version,VARCHAR" : "player_events");
        _warehouse.Fetched.ShouldBeEmpty();
    }

    [Fact]
    public async Task Only_the_views_and_what_the_user_made_are_listed()
    {
        _warehouse.Write("alerts", "2026-11-23 07", ["select 'a1' as alert_id, timestamptz '2026-11-23 07:10:00+00' as ts, 0 as _partition, 1 as _offset"]);
        await _warehouse.ShownAsync("create table mine as select alert_id from alerts where dt = '2026-11-23'", ResultForm.Table);
        (await _warehouse.RowsAsync("show tables")).ShouldBe(["alerts", "labels", "logins", "mine", "player_events", "simulation_truth", "trades"]);
        (await _warehouse.RowsAsync("select table_name, table_schema from information_schema.tables order by 1")).ShouldBe(
            ["alerts,main", "labels,main", "logins,main", "mine,main", "player_events,main", "simulation_truth,main", "trades,main"]);
        (await _warehouse.RowsAsync("from mine")).ShouldBe(["a1"]);
    }

    [Fact]
    public async Task A_view_of_the_user_shows_all_rows_after_any_statement()
    {
        foreach (string hour in (string[])["07", "09"])
        {
            _warehouse.Write("alerts", $"2026-11-23 {hour}",
                [$"select 'a{hour}' as alert_id, timestamptz '2026-11-23 {hour}:10:00+00' as ts, 0 as _partition, 1 as _offset"]);
        }

        await _warehouse.ShownAsync("create view mine as select * from alerts", ResultForm.Table);
        (await _warehouse.RowsAsync("select alert_id from alerts where dt = '2026-11-23' and hour = 7")).ShouldBe(["a07"]);
        (await _warehouse.RowsAsync("select alert_id from mine order by 1")).ShouldBe(["a07", "a09"]);
    }

    [Theory]
    [InlineData("/wharehouse")]
    [InlineData("/warehouse/alerts")]
    public async Task A_folder_that_is_no_warehouse_is_refused(string root)
        => (await Should.ThrowAsync<UserErrorException>(_warehouse.OpenAsync(root)))
            .Message.ShouldStartWith($"The folder {root} of HDFS holds none of player-events, alerts, labels, simulation-truth:");

    [Theory]
    [InlineData("create table t(i int)", "Created.\n")]
    [InlineData("create temp table t as select 1", "Created.\n")]
    [InlineData("insert into numbers values (3), (4)", "2 rows inserted.\n")]
    [InlineData("update numbers set i = 5 where i = 1", "1 row updated.\n")]
    [InlineData("delete from numbers", "2 rows deleted.\n")]
    [InlineData("set threads = 1", "Set.\n")]
    [InlineData("drop table numbers", "Dropped.\n")]
    [InlineData("alter table numbers add column j int", "Altered.\n")]
    [InlineData("prepare p as select 1.5", "Prepared.\n")]
    [InlineData("copy numbers to '/dev/null' (format csv)", "2 rows copied.\n")]
    public async Task A_statement_without_rows_shows_what_it_did(string sql, string message)
    {
        await _warehouse.ShownAsync("create table numbers as select unnest([1, 2]) as i", ResultForm.Table);
        (await _warehouse.ShownAsync(sql, ResultForm.Table)).ShouldBe(message);
    }

    [Fact]
    public async Task For_programs_the_message_is_not_among_the_rows()
    {
        (await _warehouse.ShownAsync("create table t(i int); insert into t values (1); from t", ResultForm.Csv)).ShouldBe("i\n1\n");
        _warehouse.Messages.ShouldBe(["Created.", "1 row inserted."]);
    }

    [Theory]
    [InlineData("call pragma_version()", "library_version,")]
    [InlineData("pragma table_info('numbers')", "cid,name,type,")]
    [InlineData("insert into numbers values (3) returning i", "i\n3\n")]
    [InlineData("explain select 1", "explain_key,explain_value\n")]
    [InlineData("pivot numbers on i using count(*)", "1,2\n1,1\n")]
    [InlineData("(select 1 as a) -- a comment", "a\n1\n")]
    [InlineData("select 1 as a /* another; */ ; ", "a\n1\n")]
    [InlineData("with x as (select 2 as b) from x", "b\n2\n")]
    [InlineData("values (1)", "col0\n1\n")]
    public async Task Rows_of_other_statements_are_shown_too(string sql, string csv)
    {
        await _warehouse.ShownAsync("create table numbers as select unnest([1, 2]) as i", ResultForm.Table);
        (await _warehouse.ShownAsync(sql, ResultForm.Csv)).ShouldStartWith(csv);
    }

    [Fact]
    public async Task A_column_that_only_a_SELECT_can_show_is_refused_and_nothing_changes()
    {
        await _warehouse.ShownAsync("create table numbers(i double)", ResultForm.Table);
        (await Should.ThrowAsync<UserErrorException>(_warehouse.ShownAsync("insert into numbers values (3) returning i as half", ResultForm.Csv)))
            .Message.ShouldStartWith("The column half has a type");
        (await _warehouse.RowsAsync("select count(*) from numbers")).ShouldBe(["0"]);
    }

    [Fact]
    public async Task Rows_are_computed_while_they_are_read()
    {
        FirstRows output = new(2);
        await (await _warehouse.SessionAsync()).RunAsync(Endless, output, Stop);
        output.Rows.ShouldBe(["0", "1"]);
    }

    [Fact]
    public async Task An_interrupt_ends_the_reading()
    {
        using CancellationTokenSource interrupt = new();
        FirstRows output = new(int.MaxValue, interrupt.Cancel);
        await Should.ThrowAsync<OperationCanceledException>((await _warehouse.SessionAsync()).RunAsync(Endless, output, interrupt.Token));
    }

    private sealed class FirstRows(int count, Action? each = null) : IResultOutput
    {
        public List<string?> Rows { get; } = [];

        public ResultForm Form => ResultForm.Csv;

        public void Show(ResultRows rows)
        {
            while (Rows.Count < count && rows.Next())
            {
                Rows.Add(rows[0]);
                each?.Invoke();
            }
        }

        public void ShowMessage(string sentence) => throw new InvalidOperationException(sentence);
    }
}
