namespace Game.Analysis.Tests;

/// <summary>The views show the first row of each id and content, and the same rows in every statement.</summary>
public sealed class RepeatsTests : IAsyncLifetime
{
    private const string Day = "2026-11-23";
    private readonly TestWarehouse _warehouse = new();

    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    public ValueTask DisposeAsync() => _warehouse.DisposeAsync();

    /// <summary>A login of 07:58 whose retry lies in the folder of another hour.</summary>
    [Theory]
    [InlineData("08:01")]
    [InlineData("09:30")]
    [InlineData("23:10")]
    public async Task A_retry_in_another_hour_is_shown_once_in_the_first_hour(string again)
    {
        Write($"{Day} 07:58", 1, Login("ok"));
        Write($"{Day} {again}", 9, Login("ok"));
        string[] hours = [$"dt = '{Day}' and hour = 7", $"dt = '{Day}' and hour = {int.Parse(again[..2])}", $"ts >= '{Day} {again}:00+00'", "true"];
        List<string> found = [];
        foreach (string condition in hours)
        {
            found.AddRange((await _warehouse.RowsAsync($"select _offset from logins where {condition}")).Select(offset => $"{condition}: {offset}"));
        }

        found.ShouldBe([$"{hours[0]}: 1", "true: 1"]);
        (await _warehouse.RowsAsync($"select count(*) from player_events where hour = {int.Parse(again[..2])}")).ShouldBe(["0"]);
    }

    [Fact]
    public async Task A_row_is_compared_with_rows_of_one_day_before_it_at_most()
    {
        Write($"{Day} 07:58", 1, Login("ok"));
        Write("2026-11-25 07:58", 9, Login("ok"));
        (await _warehouse.RowsAsync("select _offset from logins order by 1")).ShouldBe(["1", "9"]);
        (await _warehouse.RowsAsync("select _offset from logins where dt = '2026-11-25'")).ShouldBe(["9"]);
    }

    [Fact]
    public async Task Only_the_hours_that_may_hold_the_first_copy_are_also_fetched()
    {
        for (int hour = 0; hour < 12; hour++)
        {
            Write($"{Day} {hour:D2}:30", hour, Login("ok", IdOf($"{Day} {hour:D2}:30")));
        }

        (await _warehouse.RowsAsync("select count(*) from logins where hour = 8")).ShouldBe(["1"]);
        _warehouse.Fetched.ShouldBe([$"player-events/dt={Day}/hour=07", $"player-events/dt={Day}/hour=08"]);
    }

    [Fact]
    public async Task Other_content_under_a_used_id_is_shown()
    {
        Write($"{Day} 07:10", 1, Login("ok"));
        Write($"{Day} 07:11", 2, Login("bad-password"));
        Write($"{Day} 07:12", 3, Login("ok") + ", '198.51.100.9' as ip");
        Write($"{Day} 07:13", 4, Login("ok") + ", 'gs-2' as server_id, 's2' as session_id"); // a retry may change these
        Write($"{Day} 07:14", 5, Trade(50));
        Write($"{Day} 07:15", 6, Trade(5000));
        Write($"{Day} 07:16", 7, Trade(50) + ", '198.51.100.9' as ip, 's3' as session_id"); // these are no content of a trade
        Write($"{Day} 07:17", 8, Trade(50) + ", 'bob' as user_id");
        (await _warehouse.RowsAsync("select _offset from player_events order by 1")).ShouldBe(["1", "2", "3", "5", "6", "8"]);
        (await _warehouse.RowsAsync("select _offset from logins order by 1")).ShouldBe(["1", "2", "3"]);
        (await _warehouse.RowsAsync("select sum(gold_delta) from trades where dt = '2026-11-23'")).ShouldBe(["5100"]);
    }

    [Fact]
    public async Task The_row_with_the_earliest_time_is_shown_from_any_file()
    {
        Write($"{Day} 07:20", 9, Login("ok"));
        Write($"{Day} 07:10", 3, Login("ok"));
        Write($"{Day} 07:10", 4, Login("ok"));
        (await _warehouse.RowsAsync("select _offset from logins")).ShouldBe(["3"]);
    }

    [Fact]
    public async Task Rows_outside_of_their_hour_are_compared_only_with_each_other()
    {
        Write($"{Day} 07:10", 1, Login("ok"));
        Write("9999-12-31 23:00", 2, Login("ok"), folder: $"{Day} 07");
        Write("9999-12-31 23:00", 3, Login("ok"), folder: $"{Day} 09");
        foreach (string condition in (string[])["true", "hour = 7", $"ts > '{Day}'"])
        {
            (await _warehouse.RowsAsync($"select _offset from logins where ({condition}) or ts > '9000-01-01' order by 1")).ShouldBe(["1", "2"]);
        }
    }

    [Fact]
    public async Task Rows_that_are_not_events_are_all_shown()
    {
        const string Undecodable = "select null::varchar as event_id, 'broken'::blob as _raw, 0 as _partition";
        _warehouse.Write("player-events", $"{Day} 07",
            [$"{Undecodable}, 1 as _offset", $"{Undecodable}, 2 as _offset", "select true as _deleted, 0 as _partition, 3 as _offset"], isMisdated: true);
        (await _warehouse.RowsAsync("select count(*) from player_events")).ShouldBe(["3"]);
        (await _warehouse.RowsAsync("select (select count(*) from logins) + (select count(*) from trades)")).ShouldBe(["0"]);
    }

    [Fact]
    public async Task Alerts_with_the_same_id_are_one_row()
    {
        _warehouse.Write("alerts", $"{Day} 07",
        [
            $"select 'a1' as alert_id, 0.5 as score, timestamptz '{Day} 07:10:00+00' as ts, 0 as _partition, 2 as _offset",
            $"select 'a1' as alert_id, 0.9 as score, timestamptz '{Day} 07:10:00+00' as ts, 0 as _partition, 1 as _offset",
            $"select 'a2' as alert_id, 0.7 as score, timestamptz '{Day} 07:10:00+00' as ts, 0 as _partition, 3 as _offset",
        ]);
        (await _warehouse.RowsAsync("select alert_id, score from alerts order by all")).ShouldBe(["a1,0.9", "a2,0.7"]);
    }

    [Fact]
    public async Task Labels_are_all_shown_and_the_folders_are_columns()
    {
        _warehouse.Write("labels", $"{Day} 07",
        [
            "select 'ann' as user_id, 'fraud' as verdict, 0 as _partition, 1 as _offset",
            "select 'ann' as user_id, 'fraud' as verdict, 0 as _partition, 2 as _offset",
        ]);
        (await _warehouse.RowsAsync("select dt, hour, count(*) from labels group by all")).ShouldBe([$"{Day},7,2"]);
    }

    [Fact]
    public async Task A_view_has_all_its_columns_even_where_the_files_lack_some()
    {
        Write($"{Day} 07:10", 1, Login("ok"));
        string[] without = await _warehouse.RowsAsync("select column_name, data_type from information_schema.columns where table_name = 'logins'");
        (await _warehouse.RowsAsync("select column_name, column_type from (describe select * from logins)")).ShouldBe(without);
        without.ShouldContain("device_id,VARCHAR");
        without.ShouldNotContain("trade_id,VARCHAR");
    }

    private static string Login(string outcome, string? id = null) => $"'{id ?? IdOf($"{Day} 07:58")}' as event_id, 'login' as type, '{outcome}' as outcome";

    private static string Trade(int gold) => $"'{IdOf($"{Day} 07:58")}' as event_id, 'trade' as type, {gold} as gold_delta";

    private static string IdOf(string time)
    {
        Span<byte> bytes = stackalloc byte[16];
        DateTimeOffset made = DateTimeOffset.Parse($"{time}:00Z", System.Globalization.CultureInfo.InvariantCulture);
        Guid.CreateVersion7(made).TryWriteBytes(bytes, bigEndian: true, out _);
        bytes[6] = 0x70;
        bytes[7..].Clear();
        bytes[8] = 0x80;
        return new Guid(bytes, bigEndian: true).ToString();
    }

    private void Write(string time, long offset, string columns, string? folder = null)
    {
        string user = columns.Contains("user_id", StringComparison.Ordinal) ? "" : "'ann' as user_id, ";
        _warehouse.Write("player-events", folder ?? time[..13],
            [$"select {user}{columns}, timestamptz '{time}:00+00' as ts, 0 as _partition, {offset} as _offset"], folder is not null);
    }
}
