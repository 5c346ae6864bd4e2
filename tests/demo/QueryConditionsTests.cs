using System.Text.Json.Nodes;
using DuckDB.NET.Data;
using Game.Cli.Query;

namespace Game.Demo.Tests;

public sealed class QueryConditionsTests : IDisposable
{
    private static readonly DateOnly Day = new(2026, 11, 23);
    private readonly DuckDBConnection database = new("DataSource=:memory:");

    public QueryConditionsTests()
    {
        database.Open();
        using DuckDBCommand command = database.CreateCommand();
        command.CommandText = "set TimeZone = 'UTC'";
        command.ExecuteNonQuery();
    }

    public void Dispose() => database.Dispose();

    private IReadOnlyDictionary<string, FolderFilter> Needs(string sql)
    {
        using DuckDBCommand command = database.CreateCommand();
        command.CommandText = "select json_serialize_sql($1::varchar)::varchar";
        command.Parameters.Add(new DuckDBParameter(sql));
        return QueryConditions.Of(JsonNode.Parse((string)command.ExecuteScalar()!)!, new ConstantEvaluator(database));
    }

    private string Folders(string sql, string view = "alerts")
    {
        FolderFilter filter = Needs(sql)[view];
        if (!filter.IsProven)
            return "all";
        var kept = from day in Enumerable.Range(-2, 5) from hour in Enumerable.Range(0, 24) where filter.Allows(Day.AddDays(day), hour) select $"{Day.AddDays(day).Day}/{hour}";
        return string.Join(' ', kept.ToArray() is { Length: > 0 } all ? (all.Length <= 4 ? all : [all[0], "…", all[^1]]) : ["none"]);
    }

    [Theory]
    [InlineData("select * from alerts", "all")]
    [InlineData("select * from alerts where dt = '2026-11-23'", "23/0 … 23/23")]
    [InlineData("select * from alerts where dt = '2026-11-23' and hour = 5", "23/5")]
    [InlineData("select * from alerts where hour between 5 and 6 and dt = date '2026-11-23'", "23/5 23/6")]
    [InlineData("select * from alerts where dt in ('2026-11-22', '2026-11-24') and hour in (1)", "22/1 24/1")]
    [InlineData("select * from alerts where '2026-11-24' < dt and hour < 1", "25/0")]
    [InlineData("select * from alerts where dt > '2026-11-23' or dt < '2026-11-22'", "21/0 … 25/23")]
    [InlineData("select * from alerts where dt = '2026-11-23' or score > 0.5", "all")]
    [InlineData("select * from alerts where not dt = '2026-11-23'", "all")]
    [InlineData("select * from alerts where dt <> '2026-11-23'", "all")]
    [InlineData("select * from alerts where ts >= timestamp '2026-11-23 10:30' and ts < '2026-11-23 12:00'", "23/10 23/11 23/12")]
    [InlineData("select * from alerts where ts between '2026-11-23 10:30' and timestamp '2026-11-23 10:00' + interval 50 minute", "23/10")]
    [InlineData("select * from alerts where strftime(ts, '%H') = '10'", "all")]
    [InlineData("select * from alerts where hour = (select max(hour) from logins)", "all")]
    [InlineData("select * from alerts where dt = user_id", "all")]
    [InlineData("select a.* from alerts a where a.dt = '2026-11-23' and a.hour = 3", "23/3")]
    [InlineData("select a.* from alerts a where alerts.dt = '2026-11-23'", "all")]
    [InlineData("select a.* from alerts a, logins l where a.dt = '2026-11-23' and a.hour = 3 and l.hour = 4", "23/3")]
    [InlineData("select a.* from alerts a, logins l where dt = '2026-11-23'", "all")]
    [InlineData("select * from alerts as a(dt) where dt = '2026-11-23'", "all")]
    [InlineData("with x as (select * from alerts where dt = '2026-11-23' and hour = 7) select * from x where hour = 8", "23/7")]
    [InlineData("select * from alerts where dt = '2026-11-23' and hour = 1 union all select * from alerts where dt = '2026-11-23' and hour = 2", "23/1 23/2")]
    [InlineData("select (select count(*) from alerts) from alerts where dt = '2026-11-23'", "all")]
    [InlineData("select * from (select * from alerts) where dt = '2026-11-23'", "all")]
    [InlineData("select * from alerts where dt = '2026-11-23' and dt = '2026-11-24'", "none")]
    [InlineData("select * from ALERTS where DT = '2026-11-23' and Hour = 9", "23/9")]
    public void Only_what_is_certain_limits_the_folders(string sql, string folders) => Folders(sql).ShouldBe(folders);

    [Fact]
    public void Each_view_has_its_own_condition()
    {
        const string Sql = "select * from alerts a left join logins l using (user_id) where a.dt = '2026-11-23' and l.hour = 2 and a.hour = 1";
        Folders(Sql).ShouldBe("23/1");
        Folders(Sql, "logins").ShouldBe("21/2 … 25/2");
    }

    [Fact]
    public void Labels_are_filed_by_their_own_time()
    {
        Folders("select * from labels where labelled_at < '2026-11-21 00:30'", "labels").ShouldBe("21/0");
        Folders("select * from labels where ts < '2026-11-21 00:30'", "labels").ShouldBe("all");
    }

    [Fact]
    public void Now_is_a_constant()
    {
        FolderFilter filter = Needs("select * from alerts where ts > now() - interval 1 hour")["alerts"];
        filter.IsProven.ShouldBeTrue();
        filter.Allows(new DateOnly(1999, 1, 1), 0).ShouldBeFalse();
        filter.Allows(new DateOnly(2999, 1, 1), 0).ShouldBeTrue();
    }
}
