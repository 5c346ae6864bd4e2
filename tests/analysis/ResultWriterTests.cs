using DuckDB.NET.Data;
using Game.Analysis.Results;

namespace Game.Analysis.Tests;

/// <summary>How values of every type look in each form.</summary>
public sealed class ResultWriterTests : IDisposable
{
    private readonly DuckDBConnection _database = new("DataSource=:memory:");

    public ResultWriterTests()
    {
        _database.Open();
        using DuckDBCommand command = _database.CreateCommand();
        command.CommandText = "set TimeZone = 'UTC'";
        command.ExecuteNonQuery();
    }

    public void Dispose() => _database.Dispose();

    [Theory]
    [InlineData("null", "", "null")]
    [InlineData("''", "\"\"", "\"\"")]
    [InlineData("true", "True", "true")]
    [InlineData("-5", "-5", "-5")]
    [InlineData("1e300", "1E+300", "1E+300")]
    [InlineData("0.1::double", "0.1", "0.1")]
    [InlineData("'nan'::double", "NaN", "\"NaN\"")]
    [InlineData("170141183460469231731687303715884105727::hugeint", "170141183460469231731687303715884105727", "170141183460469231731687303715884105727")]
    [InlineData("1.50::decimal(5, 2)", "1.50", "1.50")]
    [InlineData("'a,b'", "\"a,b\"", "\"a,b\"")]
    [InlineData("'say \"a\"' || chr(10)", "\"say \"\"a\"\"\n\"", "\"say \\u0022a\\u0022\\n\"")]
    [InlineData("timestamp '2026-11-23 10:05:06.789'", "2026-11-23 10:05:06.789", "\"2026-11-23 10:05:06.789\"")]
    [InlineData("timestamp '2026-11-23 10:05:06.789012'", "2026-11-23 10:05:06.789012", "\"2026-11-23 10:05:06.789012\"")]
    [InlineData("timestamptz '2026-11-23 10:05:06+02'", "2026-11-23 08:05:06.000", "\"2026-11-23 08:05:06.000\"")]
    [InlineData("date '2026-11-23'", "2026-11-23", "\"2026-11-23\"")]
    [InlineData("time '10:05:06.5'", "10:05:06.5", "\"10:05:06.5\"")]
    [InlineData("interval 90 minute", "01:30:00", "\"01:30:00\"")]
    [InlineData("interval 14 month", "1 year 2 months", "\"1 year 2 months\"")]
    [InlineData("interval '-1 day' + interval 90061500 millisecond", "-1 day 25:01:01.5", "\"-1 day 25:01:01.5\"")]
    [InlineData("interval '-90 minute'", "-01:30:00", "\"-01:30:00\"")]
    [InlineData("interval 0 day", "00:00:00", "\"00:00:00\"")]
    [InlineData("uuid '019ab3f0-6c1e-7a52-9d3f-5b8c2e714a60'", "019ab3f0-6c1e-7a52-9d3f-5b8c2e714a60", "\"019ab3f0-6c1e-7a52-9d3f-5b8c2e714a60\"")]
    [InlineData("'\\x00\\xffA'::blob", "00ff41", "\"00ff41\"")]
    [InlineData("['\\x01'::blob, null]", "\"[01, NULL]\"", "[\"01\",null]")]
    [InlineData("[[1, null], [], null]", "\"[[1, NULL], [], NULL]\"", "[[1,null],[],null]")]
    [InlineData("map {'speed': 1.5, 'none': null}", "\"{speed=1.5, none=NULL}\"", "{\"speed\":1.5,\"none\":null}")]
    [InlineData("{'a': [map {1: 'x'}], 'b': null, 't': timestamp '2026-11-23 10:00'}", "\"{a=[{1=x}], b=NULL, t=2026-11-23 10:00:00.000}\"",
        "{\"a\":[{\"1\":\"x\"}],\"b\":null,\"t\":\"2026-11-23 10:00:00.000\"}")]
    public void A_value_looks_the_same_to_all_programs(string sql, string csv, string json)
    {
        Written($"select {sql} as v", ResultFormat.Csv).ShouldBe($"v\n{csv}\n");
        Written($"select {sql} as v", ResultFormat.Json).ShouldBe($"{{\"v\":{json}}}\n");
    }

    [Fact]
    public void A_table_shows_what_is_missing_and_counts_its_rows()
    {
        Written("select null as a, '[red]' as b, [null] as c, '\\xab'::blob as d, 'x' as e", ResultFormat.Table).ShouldSatisfyAllConditions(
            table => table.ShouldMatch(@"NULL +│ \[red\] +│ \[NULL\] +│ ab +│ x "),
            table => table.ShouldEndWith("1 row\n"));
        Written("select * from range(0)", ResultFormat.Table).ShouldEndWith("\n0 rows\n");
        Written("select * from range(201)", ResultFormat.Table).ShouldEndWith("201 rows; the first 200 are shown, --csv gives all\n");
    }

    [Fact]
    public void What_cannot_be_shown_is_told()
        => Should.Throw<UserErrorException>(() => Written("select timestamp 'infinity' as forever",
        ResultFormat.Csv)).Message.ShouldContain("(forever)::varchar");

    [Fact]
    public void A_name_is_quoted_as_a_value_is() => Written("select 1 as \"a,b\"", ResultFormat.Csv).ShouldBe("\"a,b\"\n1\n");

    private string Written(string sql, ResultFormat format)
    {
        using DuckDBCommand command = _database.CreateCommand();
        command.CommandText = sql;
        using DuckDBDataReader reader = command.ExecuteReader();
        using StringWriter text = new();
        ResultWriter.Write(reader, format, text);
        return text.ToString();
    }
}
