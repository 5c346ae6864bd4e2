using Game.Analysis.Results;

namespace Game.Analysis.Tests;

/// <summary>Values of every type are shown in each form as DuckDB itself casts them to text.</summary>
public sealed class ResultWriterTests : IAsyncLifetime
{
    private readonly TestWarehouse _warehouse = new();

    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    public ValueTask DisposeAsync() => _warehouse.DisposeAsync();

    [Theory]
    [InlineData("null", "", "null")]
    [InlineData("''", "\"\"", "\"\"")]
    [InlineData("true", "true", "true")]
    [InlineData("-5::tinyint", "-5", "-5")]
    [InlineData("18446744073709551615::ubigint", "18446744073709551615", "18446744073709551615")]
    [InlineData("170141183460469231731687303715884105727::hugeint", "170141183460469231731687303715884105727", "170141183460469231731687303715884105727")]
    [InlineData("340282366920938463463374607431768211455::uhugeint", "340282366920938463463374607431768211455", "340282366920938463463374607431768211455")]
    [InlineData("'12345678901234567890123456789012345678901'::bignum", "12345678901234567890123456789012345678901",
        "12345678901234567890123456789012345678901")]
    [InlineData("1e300", "1e+300", "1e+300")]
    [InlineData("0.1::double", "0.1", "0.1")]
    [InlineData("0.1::float", "0.1", "0.1")]
    [InlineData("'nan'::double", "nan", "\"nan\"")]
    [InlineData("'-inf'::float", "-inf", "\"-inf\"")]
    [InlineData("1.50::decimal(5, 2)", "1.50", "1.50")]
    [InlineData("-0.123456789012345678::decimal(18, 18)", "-.123456789012345678", "-0.123456789012345678")]
    [InlineData("[0.5::decimal(1, 1), null]", "\"[.5, NULL]\"", "[0.5,null]")]
    [InlineData("12345678901234567890123456.789::decimal(38, 3)", "12345678901234567890123456.789", "12345678901234567890123456.789")]
    [InlineData("'a,b'", "\"a,b\"", "\"a,b\"")]
    [InlineData("'say \"a\"' || chr(10)", "\"say \"\"a\"\"\n\"", "\"say \\\"a\\\"\\n\"")]
    [InlineData("'größer, 日本, 👩‍🚀'", "\"größer, 日本, 👩‍🚀\"", "\"größer, 日本, 👩‍🚀\"")]
    [InlineData("timestamp '2026-11-23 10:05:06.789012'", "2026-11-23 10:05:06.789012", "\"2026-11-23 10:05:06.789012\"")]
    [InlineData("timestamp 'infinity'", "infinity", "\"infinity\"")]
    [InlineData("timestamptz '2026-11-23 10:05:06.5+02'", "2026-11-23 08:05:06.5+00", "\"2026-11-23 08:05:06.5+00\"")]
    [InlineData("timestamp_s '2026-11-23 10:05:06'", "2026-11-23 10:05:06", "\"2026-11-23 10:05:06\"")]
    [InlineData("timestamp_ms '2026-11-23 10:05:06.789'", "2026-11-23 10:05:06.789", "\"2026-11-23 10:05:06.789\"")]
    [InlineData("timestamp_ns '2026-11-23 10:05:06.123456789'", "2026-11-23 10:05:06.123456789", "\"2026-11-23 10:05:06.123456789\"")]
    [InlineData("date '2026-11-23'", "2026-11-23", "\"2026-11-23\"")]
    [InlineData("date '-infinity'", "-infinity", "\"-infinity\"")]
    [InlineData("time '10:05:06.5'", "10:05:06.5", "\"10:05:06.5\"")]
    [InlineData("timetz '10:05:06.5+02:30'", "10:05:06.5+02:30", "\"10:05:06.5+02:30\"")]
    [InlineData("time_ns '10:05:06.123456789'", "10:05:06.123456789", "\"10:05:06.123456789\"")]
    [InlineData("interval '-1 day' + interval 90061500 millisecond", "-1 day 25:01:01.5", "\"-1 day 25:01:01.5\"")]
    [InlineData("interval 14 month", "1 year 2 months", "\"1 year 2 months\"")]
    [InlineData("uuid '019ab3f0-6c1e-7a52-9d3f-5b8c2e714a60'", "019ab3f0-6c1e-7a52-9d3f-5b8c2e714a60", "\"019ab3f0-6c1e-7a52-9d3f-5b8c2e714a60\"")]
    [InlineData("'\\x00\\xffA'::blob", "\\x00\\xFFA", "\"\\\\x00\\\\xFFA\"")]
    [InlineData("'10110'::bit", "10110", "\"10110\"")]
    [InlineData("'b'::enum('a', 'b')", "b", "\"b\"")]
    [InlineData("'{\"a\": [1]}'::json", "\"{\"\"a\"\": [1]}\"", "{\"a\": [1]}")]
    [InlineData("'{\"d\": 0.1234567890123456789012,\n \"e\": 2.50}'::json", "\"{\"\"d\"\": 0.1234567890123456789012,\n \"\"e\"\": 2.50}\"",
        "{\"d\": 0.1234567890123456789012,  \"e\": 2.50}")]
    [InlineData("row(12345678901234567890.12::decimal(38, 2))", "(12345678901234567890.12)", "[12345678901234567890.12]")]
    [InlineData("{'x': 1.5::double, 'd': 12345678901234567890.12::decimal(38, 2), 'l': [0.12::decimal(38, 2)]}",
        "\"{'x': 1.5, 'd': 12345678901234567890.12, 'l': [0.12]}\"", "{\"x\":1.5,\"d\":12345678901234567890.12,\"l\":[0.12]}")]
    [InlineData("map {'m': (12345678901234567890.12::decimal(38, 2), null)}", "\"{m=(12345678901234567890.12, NULL)}\"",
        "{\"m\":[12345678901234567890.12,null]}")]
    [InlineData("union_value(x := (12345678901234567890.12::decimal(38, 2), 1))", "\"(12345678901234567890.12, 1)\"",
        "{\"x\":[12345678901234567890.12,1]}")]
    [InlineData("['2.50'::json, null]", "\"[2.50, NULL]\"", "[2.50,null]")]
    [InlineData("map {}::map(varchar, double)", "{}", "{}")]
    [InlineData("[]::double[]", "[]", "[]")]
    [InlineData("42::variant", "42", "42")]
    [InlineData("{'a': [1, 2]}::variant", "\"{'a': [1, 2]}\"", "{\"a\":[1,2]}")]
    [InlineData("'nan'::double::variant", "nan", "\"nan\"")]
    [InlineData("'POINT(1 2)'::geometry", "POINT (1 2)", "\"POINT (1 2)\"")]
    [InlineData("[[1, null], [], null]", "\"[[1, NULL], [], NULL]\"", "[[1,null],[],null]")]
    [InlineData("[0.5::double, 'inf'::double, null]", "\"[0.5, inf, NULL]\"", "[0.5,\"inf\",null]")]
    [InlineData("[[['nan'::double]], null]", "\"[[[nan]], NULL]\"", "[[[\"nan\"]],null]")]
    [InlineData("array_value(1.5::float, 'nan'::float)", "\"[1.5, nan]\"", "[1.5,\"nan\"]")]
    [InlineData("map {'speed': 1.5::double, 'none': null}", "\"{speed=1.5, none=NULL}\"", "{\"speed\":1.5,\"none\":null}")]
    [InlineData("map {1: [(1, 'x')]}", "\"{1=[(1, x)]}\"", "{\"1\":[[1,\"x\"]]}")]
    [InlineData("map {'': 1}", "{''=1}", "{\"\":1}")]
    [InlineData("(1, 'a', null)", "\"(1, a, NULL)\"", "[1,\"a\",null]")]
    [InlineData("[(1, 2), null]", "\"[(1, 2), NULL]\"", "[[1,2],null]")]
    [InlineData("{'it''s': 'nan'::double, 'b': {'c': (1, null)}}", "\"{'it\\'s': nan, 'b': {'c': (1, NULL)}}\"", "{\"it's\":\"nan\",\"b\":{\"c\":[1,null]}}")]
    [InlineData("union_value(x := 1)", "1", "{\"x\":1}")]
    [InlineData("union_value(x := 'inf'::double)", "inf", "{\"x\":\"inf\"}")]
    [InlineData("null::struct(a double)", "", "null")]
    public async Task A_value_looks_as_DuckDB_shows_it(string sql, string csv, string json)
    {
        (await _warehouse.ShownAsync($"select {sql} as v", ResultForm.Csv)).ShouldBe($"v\n{csv}\n");
        (await _warehouse.ShownAsync($"select {sql} as v", ResultForm.Json)).ShouldBe($"{{\"v\":{json}}}\n");
        string text = (await _warehouse.RowsAsync($"select ({sql})::varchar is not distinct from {Quoted(csv)} as same"))[0];
        text.ShouldBe("true");
        (await _warehouse.ShownAsync($"select {sql} as v", ResultForm.Table)).ShouldContain("1 row");
    }

    [Fact]
    public async Task Every_type_that_DuckDB_has_is_shown_in_every_form()
    {
        string[] types = await _warehouse.RowsAsync(
            "select distinct logical_type from duckdb_types() "
            + "where logical_type not in ('NULL', 'ENUM', 'LIST', 'STRUCT', 'MAP', 'UNION', 'ARRAY') order by all");
        types.Length.ShouldBeGreaterThan(25);
        string[] nested = [.. types.SelectMany(type
            => (string[])[type, $"{type}[]", $"{type}[2]", $"struct(a {type})", $"map(varchar, {type})", $"union(x {type})"])];
        string columns = string.Join(", ", nested.Select((type, i) => $"null::{type} as c{i}"));
        (await _warehouse.RowsAsync($"select {columns}")).ShouldBe([new string(',', nested.Length - 1)]);
        (await _warehouse.ShownAsync($"select {columns}", ResultForm.Json)).ShouldBe($"{{{string.Join(',', nested.Select((_, i) => $"\"c{i}\":null"))}}}\n");
    }

    [Fact]
    public async Task Every_value_of_DuckDBs_own_test_table_is_valid_JSON()
    {
        foreach (string line in (await _warehouse.ShownAsync("from test_all_types()", ResultForm.Json)).TrimEnd().Split('\n'))
        {
            using System.Text.Json.JsonDocument json = System.Text.Json.JsonDocument.Parse(line);
            json.RootElement.EnumerateObject().Count().ShouldBeGreaterThan(40);
        }

        (await _warehouse.ShownAsync("from test_all_types()", ResultForm.Table)).ShouldEndWith("3 rows\n");
    }

    [Theory]
    [InlineData("explain select 1")]
    [InlineData("explain analyze select 1")]
    public async Task A_plan_is_drawn_on_lines_of_its_own(string statement)
    {
        string shown = await _warehouse.ShownAsync(statement, ResultForm.Table);
        shown.Split('\n').Length.ShouldBeGreaterThan(5);
        shown.ShouldContain("│");
        shown.ShouldNotContain("\\n");
    }

    [Fact]
    public async Task The_time_zone_is_the_one_that_was_set()
        => (await _warehouse.ShownAsync("set TimeZone = 'America/New_York'; select timestamptz '2026-11-23 10:05:06+00' as t", ResultForm.Csv))
            .ShouldBe("t\n2026-11-23 05:05:06-05\n");

    [Theory]
    [InlineData(nameof(ResultForm.Table))]
    [InlineData(nameof(ResultForm.Csv))]
    [InlineData(nameof(ResultForm.Json))]
    public async Task No_control_character_reaches_a_terminal(string name)
    {
        ResultForm form = Enum.Parse<ResultForm>(name);
        string all = string.Join(" || ", Enumerable.Range(1, 0x9f).Where(code => char.IsControl((char)code)).Select(code => $"chr({code})"));
        string shown = await _warehouse.ShownAsync($"select 'a' || {all} as \"a\u001b]0;title\u0007\", [{all}] as l", form, terminalWidth: 160);
        shown.Replace("\n", "").ShouldAllBe(c => !char.IsControl(c));
        shown.ShouldContain(@"\u001b");
    }

    [Fact]
    public async Task In_a_pipe_CSV_and_JSON_hold_the_data_unchanged()
    {
        (await _warehouse.ShownAsync("select chr(27) || chr(155) as v", ResultForm.Csv)).ShouldBe("v\n\u001b\u009b\n");
        using System.Text.Json.JsonDocument json = System.Text.Json.JsonDocument.Parse(
            await _warehouse.ShownAsync("select chr(27) || chr(155) as v", ResultForm.Json));
        json.RootElement.GetProperty("v").GetString().ShouldBe("\u001b\u009b");
    }

    [Fact]
    public async Task A_table_shows_what_is_missing_and_counts_its_rows()
    {
        (await _warehouse.ShownAsync("select null as a, '[red]' as b, [null] as c, '\\xab'::blob as d, 'x' as e", ResultForm.Table)).ShouldSatisfyAllConditions(
            table => table.ShouldMatch(@"NULL +│ \[red\] +│ \[NULL\] +│ \\xAB +│ x "),
            table => table.ShouldEndWith("1 row\n"));
        (await _warehouse.ShownAsync("select * from range(0)", ResultForm.Table)).ShouldEndWith("\n0 rows\n");
        (await _warehouse.ShownAsync("select * from range(201)", ResultForm.Table)).ShouldEndWith("201 rows; the first 200 are shown, --csv gives all\n");
    }

    [Fact]
    public async Task A_row_that_is_too_wide_for_the_terminal_is_shown_one_field_a_line()
    {
        string columns = string.Join(", ", Enumerable.Range(0, 26).Select(i => $"'value {i}' as column_{i}"));
        string shown = await _warehouse.ShownAsync($"select {columns}", ResultForm.Table, terminalWidth: 80);
        shown.ShouldStartWith("── row 1 ──");
        shown.Split('\n').ShouldAllBe(line => line.Length <= 80);
        shown.ShouldContain("column_7   value 7\n");
        shown.ShouldEndWith("\n26 columns do not fit 80 characters: each row is shown one field a line.\n1 row\n");
    }

    [Fact]
    public async Task A_table_in_a_pipe_is_as_wide_as_its_rows()
    {
        string columns = string.Join(", ", Enumerable.Range(0, 26).Select(i => $"'a long value {i}' as column_{i}"));
        (await _warehouse.ShownAsync($"select {columns}", ResultForm.Table)).ShouldContain("│ a long value 12 │ a long value 13 │");
    }

    [Fact]
    public async Task Two_columns_of_the_same_name_have_different_names_in_JSON()
    {
        (await _warehouse.ShownAsync("select 1 as a, 2 as a, 3 as a_1", ResultForm.Json)).ShouldBe("{\"a\":1,\"a_2\":2,\"a_1\":3}\n");
        (await _warehouse.ShownAsync("select 1 as a, 2 as a", ResultForm.Csv)).ShouldBe("a,a\n1,2\n");
    }

    [Fact]
    public async Task A_name_is_quoted_as_a_value_is() => (await _warehouse.ShownAsync("select 1 as \"a,b\"", ResultForm.Csv)).ShouldBe("\"a,b\"\n1\n");

    [Fact]
    public async Task Rows_keep_their_order()
        => (await _warehouse.RowsAsync("select i from range(100000) t(i) order by hash(i), i limit 50000")).ShouldBe(
            await _warehouse.RowsAsync("select i from (select i, "
                + "row_number() over (order by hash(i), i) as n from range(100000) t(i)) where n <= 50000 order by n"));

    // The text of the CSV field as an SQL literal.
    private static string Quoted(string field)
    {
        if (field.Length == 0)
        {
            return "null";
        }

        string text = field.StartsWith('"') ? field[1..^1].Replace("\"\"", "\"", StringComparison.Ordinal) : field;
        return $"'{text.Replace("'", "''", StringComparison.Ordinal)}'";
    }
}
