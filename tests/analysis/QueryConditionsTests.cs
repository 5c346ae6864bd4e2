using CsCheck;
using Game.Analysis.Sql;

namespace Game.Analysis.Tests;

public sealed class QueryConditionsTests : IDisposable
{
    private readonly FolderChoice _data = new("date '2026-11-21'");

    public void Dispose() => _data.Dispose();

    private string Folders(string sql, string view = "alerts")
    {
        if (_data.Needed(sql, view) is not { } needed)
        {
            return "all";
        }
        string[] kept = [.. needed.OrderBy(folder => (folder.Date, folder.Hour)).Select(folder => $"{folder.Date.Day}/{folder.Hour}")];
        return kept.Length == 0 ? "none" : string.Join(' ', kept.Length <= 4 ? kept : [kept[0], $"({kept.Length})", kept[^1]]);
    }

    [Theory]
    [InlineData("select * from alerts", "all")]
    [InlineData("select * from alerts where dt = '2026-11-23'", "23/0 (24) 23/23")]
    [InlineData("select * from alerts where dt = '2026-11-23' and hour = 5", "23/5")]
    [InlineData("select * from alerts where hour between 5 and 6 and dt = date '2026-11-23'", "23/5 23/6")]
    [InlineData("select * from alerts where dt in ('2026-11-22', '2026-11-24') and hour in (1)", "22/1 24/1")]
    [InlineData("select * from alerts where '2026-11-24' < dt and hour < 1", "25/0")]
    [InlineData("select * from alerts where dt > '2026-11-23' or dt < '2026-11-22'", "21/0 (72) 25/23")]
    [InlineData("select * from alerts where dt = '2026-11-23' or score > 0.5", "all")]
    [InlineData("select * from alerts where not dt = '2026-11-23' and hour = 7", "21/7 22/7 24/7 25/7")]
    [InlineData("select * from alerts where dt <> '2026-11-23' and hour = 7", "21/7 22/7 24/7 25/7")]
    [InlineData("select * from alerts where dt = '2026-11-23' and hour < 1.4", "23/0 23/1")]
    [InlineData("select * from alerts where dt <= timestamp '2026-11-22 10:00' and hour = 3", "21/3 22/3")]
    [InlineData("select * from alerts where dt::varchar like '%-25' and hour % 12 = 1", "25/1 25/13")]
    [InlineData("select * from alerts where dt + hour * interval 1 hour >= '2026-11-25 22:00'", "25/22 25/23")]
    [InlineData("select * from alerts where ts >= timestamp '2026-11-23 10:30' and ts < '2026-11-23 12:30'", "23/10 23/11 23/12")]
    [InlineData("select * from alerts where ts between '2026-11-23 10:30' and timestamp '2026-11-23 10:00' + interval 50 minute", "23/10")]
    [InlineData("select * from alerts where ts in ('2026-11-23 10:30', '2026-11-24 10:30')", "23/10 24/10")]
    [InlineData("select * from alerts where strftime(ts, '%H') = '10'", "all")]
    [InlineData("select * from alerts where hour = (select max(hour) from logins)", "all")]
    [InlineData("select * from alerts where hour = x", "all")]
    [InlineData("select * from alerts where hour < random() * 24", "all")]
    [InlineData("select a.* from alerts a where a.dt = '2026-11-23' and a.hour = 3", "23/3")]
    [InlineData("select a.* from alerts a where alerts.dt = '2026-11-23'", "all")]
    [InlineData("select * from main.alerts where dt = '2026-11-23' and hour = 3", "23/3")]
    [InlineData("select a.* from alerts a, logins l where a.dt = '2026-11-23' and a.hour = 3 and l.hour = 4", "23/3")]
    [InlineData("select a.* from alerts a, logins l where dt = '2026-11-23'", "all")]
    [InlineData("select a.* from logins l left join alerts a on a.x = l.x where a.hour is null", "all")]
    [InlineData("select a.* from logins l asof join alerts a on a.x = l.x and a.ts <= l.ts where a.dt = '2026-11-23'", "all")]
    [InlineData("select a.* from alerts a positional join logins l where a.dt = '2026-11-23'", "all")]
    [InlineData("select * from alerts tablesample 10 rows where dt = '2026-11-23'", "all")]
    [InlineData("select * from alerts where dt = '2026-11-23' using sample 10 rows", "all")]
    [InlineData("select * from alerts as a(dt) where dt = '2026-11-23'", "all")]
    [InlineData("with q as (select * from alerts where dt = '2026-11-23' and hour = 7) select * from q where hour = 8", "23/7")]
    [InlineData("select * from alerts where dt = '2026-11-23' and hour = 1 union all select * from alerts where dt = '2026-11-23' and hour = 2", "23/1 23/2")]
    [InlineData("select (select count(*) from alerts) from alerts where dt = '2026-11-23'", "all")]
    [InlineData("select * from (select * from alerts) where dt = '2026-11-23'", "all")]
    [InlineData("select * from alerts where dt = '2026-11-23' and dt = '2026-11-24'", "none")]
    [InlineData("select * from ALERTS where DT = '2026-11-23' and Hour = 9", "23/9")]
    public void Only_certain_conditions_limit_the_folders(string sql, string folders) => Folders(sql).ShouldBe(folders);

    [Fact]
    public void Each_view_has_its_own_condition()
    {
        const string Sql = "select * from alerts a left join logins l using (user_id) where a.dt = '2026-11-23' and l.hour = 2 and a.hour = 1";
        Folders(Sql).ShouldBe("23/1");
        Folders(Sql, "logins").ShouldBe("21/2 (5) 25/2");
    }

    [Fact]
    public void A_condition_on_labelled_at_limits_the_folders_of_labels()
    {
        Folders("select * from labels where labelled_at < '2026-11-21 00:30'", "labels").ShouldBe("21/0");
        Folders("select * from labels where ts < '2026-11-21 00:30'", "labels").ShouldBe("all");
    }

    [Fact]
    public void Conditions_with_functions_that_may_be_volatile_do_not_limit_the_folders()
    {
        _data.Needed("select * from alerts where hour = abs(-5)", "alerts")!.Count.ShouldBe(5);
        _data.Needed("select * from alerts where hour = abs(-5)", "alerts", knowsFunctions: false).ShouldBeNull();
    }

    /// <summary>With any condition the chosen folders give the same rows as all folders.</summary>
    [Fact]
    public void The_chosen_folders_give_the_same_rows_as_all_folders()
    {
        using FolderChoice around = new();
        int limited = 0;
        Query(around.Today).Sample(sql => around.Within(() =>
        {
            if (around.Needed(sql, "alerts") is not null)
            {
                limited++;
            }
            around.Answer(sql, fromNeeded: true).ShouldBe(around.Answer(sql, fromNeeded: false), sql);
            return true;
        }), iter: 250, threads: 1);
        limited.ShouldBeGreaterThan(60);
    }

    private static Gen<string> Query(string today)
        => from a in Condition(today, "", 2)
           from b in Condition(today, "a.", 2)
           from c in Condition(today, "l.", 2)
           from form in Gen.Int[0, 3]
           select form switch
           {
               0 or 1 => $"select * from alerts where {a}",
               2 => $"select a.*, l.* from alerts a left join logins l on a.ts = l.ts or (a.dt = l.dt and a.hour = l.hour and a.x = l.x) where {b} and {c}",
               _ => $"select dt, count(*) as n from alerts where {a} group by dt union all select a.dt, count(l.ts) from alerts a "
                   + $"full join logins l on a.dt = l.dt and a.hour = l.hour and a.x = l.x where {b} or {c} group by a.dt",
           };

    private static Gen<string> Condition(string today, string of, int depth)
    {
        Gen<string> compare = Among("=", "<>", "<", "<=", ">", ">=", "is distinct from");
        Gen<int> day = Gen.Int[-4, 4];
        Gen<string> date = Gen.OneOf(
            day.Select(d => $"(date '{today}' + {d})"), Among($"'{today}'", "now()", "current_date", "now()::timestamp", "null"),
            Gen.Select(day, Gen.Int[0, 1439], (d, m) => $"(timestamp '{today}' + interval ({d}) day + interval ({m}) minute)"));
        Gen<string> number = Among("5", "5.4", "5.5", "5.6::float", "'7'", "-1", "1e1", "23", "24", "abs(-3)", "null", $"{of}hour", $"day({of}dt)", $"{of}x");
        Gen<string> atom = Gen.OneOf(
            Gen.Select(compare, date, (op, d) => $"{of}dt {op} {d}"), Gen.Select(compare, date, (op, d) => $"{d} {op} {of}dt"),
            Gen.Select(compare, number, (op, n) => $"{of}hour {op} {n}"), Gen.Select(compare, date, (op, d) => $"{of}ts {op} {d}"),
                Gen.Select(compare, date, (op, d) => $"{d} {op} {of}ts"),
            Gen.Select(date, date, (d, e) => $"{of}ts between {d} and {e}"), Gen.Select(date, date, (d, e) => $"{of}dt between {d} and {e}"),
            Gen.Select(date, date, (d, e) => $"{of}dt not in ({d}, {e})"), Gen.Select(number, number, (d, e) => $"{of}hour in ({d}, {e})"),
            Among($"{of}dt is null", $"{of}hour % 3 = 1", $"{of}x = 1", "true", $"coalesce({of}hour, 3) < 4",
                $"case when {of}hour < 3 then {of}dt = date '{today}' else {of}x = 0 end",
                $"{of}dt::varchar like '%1'", $"{of}dt + {of}hour * interval 1 hour < now()"));
        return depth == 0 ? atom : Gen.OneOf(
            atom, Gen.Select(Condition(today, of, depth - 1), Condition(today, of, depth - 1), (a, b) => $"({a} and {b})"),
            Gen.Select(Condition(today, of, depth - 1), Condition(today, of, depth - 1), (a, b) => $"({a} or {b})"),
                Condition(today, of, depth - 1).Select(a => $"(not {a})"));
    }

    private static Gen<string> Among(params string[] texts) => Gen.Int[0, texts.Length - 1].Select(i => texts[i]);
}
