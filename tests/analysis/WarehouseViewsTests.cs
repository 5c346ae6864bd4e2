using DuckDB.NET.Data;
using Game.Analysis.Results;
using Game.Analysis.Sql;

namespace Game.Analysis.Tests;

/// <summary>The views over files as the sink writes them.</summary>
public sealed class WarehouseViewsTests : IDisposable
{
    private readonly string _root = Directory.CreateTempSubdirectory("views-").FullName;
    private readonly DuckDBConnection _database = new("DataSource=:memory:");
    private readonly List<string> _files = [];

    public WarehouseViewsTests()
    {
        _database.Open();
        Execute("set TimeZone = 'UTC'");
    }

    public void Dispose()
    {
        _database.Dispose();
        Directory.Delete(_root, recursive: true);
    }

    [Fact]
    public void An_event_is_known_by_id_player_type_and_outcome()
    {
        Write("player_events",
            "select 'e1' as event_id, 'ann' as user_id, 'login' as type, 'ok' as outcome, 0 as _partition, 1 as _offset",
            "select 'e1' as event_id, 'ann' as user_id, 'login' as type, 'ok' as outcome, 0 as _partition, 7 as _offset", // a retry's copy
            "select 'e1' as event_id, 'bob' as user_id, 'login' as type, 'ok' as outcome, 1 as _partition, 1 as _offset", // another player's key
            "select 'e1' as event_id, 'ann' as user_id, 'login' as type, 'bad_secret' as outcome, 0 as _partition, 2 as _offset",
            "select 'e1' as event_id, 'ann' as user_id, 'trade' as type, 5 as gold_delta, 0 as _partition, 3 as _offset",
            "select 'e1' as event_id, 'ann' as user_id, 'trade' as type, 5 as gold_delta, 0 as _partition, 4 as _offset"); // outcome null in both: the same
        Rows("select _partition, _offset from player_events order by all").ShouldBe(["0|1", "0|2", "0|3", "1|1"]);
        Rows("select user_id, outcome from logins order by all").ShouldBe(["ann|bad_secret", "ann|ok", "bob|ok"]);
        Rows("select count(*), sum(gold_delta) from trades").ShouldBe(["1|5"]);
    }

    [Fact]
    public void The_first_copy_is_taken_across_files()
    {
        Write("player_events",
            "select 'e1' as event_id, 'ann' as user_id, 'login' as type, 'ok' as outcome, 'late' as server_id, 0 as _partition, 9 as _offset");
        Write("player_events",
            "select 'e1' as event_id, 'ann' as user_id, 'login' as type, 'ok' as outcome, 'first' as server_id, 0 as _partition, 3 as _offset");
        Rows("select server_id from logins").ShouldBe(["first"]);
    }

    [Fact]
    public void Rows_that_are_no_events_are_all_kept()
    {
        const string Undecodable = "select null::varchar as event_id, 'broken'::blob as _raw, 0 as _partition";
        Write("player_events", $"{Undecodable}, 1 as _offset", $"{Undecodable}, 2 as _offset", "select true as _deleted, 0 as _partition, 3 as _offset");
        Rows("select count(*) from player_events").ShouldBe(["3"]);
        Rows("select (select count(*) from logins) + (select count(*) from trades)").ShouldBe(["0"]);
    }

    [Fact]
    public void An_alert_is_known_by_its_id()
    {
        Write("alerts",
            "select 'a1' as alert_id, 'e1' as event_id, 0.5 as score, 0 as _partition, 2 as _offset",
            "select 'a1' as alert_id, 'e1' as event_id, 0.9 as score, 0 as _partition, 1 as _offset",
            "select 'a2' as alert_id, 'e1' as event_id, 0.7 as score, 1 as _partition, 1 as _offset");
        Rows("select alert_id, score from alerts order by all").ShouldBe(["a1|0.9", "a2|0.7"]);
    }

    [Fact]
    public void Labels_are_all_kept_and_the_folders_are_columns()
    {
        Write("labels", "select 'ann' as user_id, 'fraud' as verdict, 0 as _partition, 1 as _offset",
            "select 'ann' as user_id, 'fraud' as verdict, 0 as _partition, 2 as _offset");
        Rows("select dt, hour, count(*) from labels group by all").ShouldBe(["2026-11-23|7|2"]);
    }

    // The columns of a view that reads nothing are those of the files; the view is then made over all files written.
    private void Write(string view, params string[] rows)
    {
        Execute(WarehouseViews.Create(view, []));
        Execute($"create or replace table file as select * exclude (dt, hour) from {view}");
        foreach (string row in rows)
        {
            Execute($"insert into file by name {row}");
        }
        string folder = Directory.CreateDirectory(Path.Combine(_root, "dt=2026-11-23", "hour=07")).FullName,
            path = Path.Combine(folder, $"{_files.Count}.parquet");
        Execute($"copy file to '{path}'");
        _files.Add(path);
        foreach (string one in WarehouseViews.Names.Where(name => WarehouseViews.TopicOf(name) == WarehouseViews.TopicOf(view)))
        {
            Execute(WarehouseViews.Create(one, _files));
        }
    }

    private string[] Rows(string sql)
    {
        using DuckDBCommand command = _database.CreateCommand();
        command.CommandText = sql;
        using DuckDBDataReader reader = command.ExecuteReader();
        using StringWriter csv = new();
        ResultWriter.Write(reader, ResultFormat.Csv, csv);
        return [.. csv.ToString().Split('\n', StringSplitOptions.RemoveEmptyEntries).Skip(1).Select(line => line.Replace(',', '|'))];
    }

    private void Execute(string sql)
    {
        using DuckDBCommand command = _database.CreateCommand();
        command.CommandText = sql;
        command.ExecuteNonQuery();
    }
}
