using System.Globalization;
using DuckDB.NET.Data;
using Game.Analysis.Warehouse;

namespace Game.Analysis.Sql;

/// <summary>Defines which rows of a topic repeat another row.</summary>
/// <param name="Id">The column of the id; rows without an id are never repeats.</param>
/// <param name="Content">The columns that are the same in a repeat, also the id, as SQL.</param>
/// <param name="Rows">The condition for the rows of the view, as SQL.</param>
/// <param name="IsRetried">Whether a repeat has a time of its own, so that it may lie in a later folder than the first row.</param>
internal sealed record RepetitionRule(string Id, string Content, string Rows, bool IsRetried);

/// <summary>
/// Finds the rows of a view that repeat an earlier one: the same id and content in the same partition, at an earlier time (by offset where the times are the
/// same). An id is a UUIDv7, which contains the time when it was made. So the search for an earlier row begins an hour before that time, at most a day back: a
/// statement always reads these folders too, and no others. So each row is a repeat in all statements or in none. Rows outside of their folder's hour are
/// compared only with each other; every statement reads all of them.
/// </summary>
internal sealed class Repeats(DuckDBConnection database, string view, RepetitionRule rule)
{
    private const long HourMs = 3_600_000;

    /// <summary>How far the clock that makes an id may be ahead of the game servers' clocks.</summary>
    private const long ClockMarginMs = HourMs;

    /// <summary>
    /// A repeat that comes later than this is a row of its own: a client whose clock is years behind must not make all statements read years.
    /// </summary>
    private const long LookBackMs = 24 * HourMs;

    /// <summary>The table of the repeats' positions: <c>_partition</c> and <c>_offset</c>.</summary>
    public static string Table(string view) => $"temp.main.__repeats_{view}";

    public static string Drop(string view) => $"drop table if exists {Table(view)}";

    /// <summary>The files that may hold the first copies of rows in the given files.</summary>
    /// <param name="files">Local paths.</param>
    /// <param name="others">The other files of the topic.</param>
    public WarehouseFile[] EarlierFiles(IReadOnlyList<string> files, IReadOnlyList<WarehouseFile> others)
    {
        if (!rule.IsRetried)
        {
            return [];
        }

        List<(int Partition, long Earliest, long Hour)> spans = database.Rows(
            $"select _partition, min(earliest)::bigint, folder from ({Rows(files)}) where not misdated group by all having min(earliest) < folder",
            reader => (reader.GetInt32(0), reader.GetInt64(1), reader.GetInt64(2)));
        return [.. others.Where(file => spans.Exists(span
            => file.MayHold(span.Partition) && file.Folder.Number >= span.Earliest && file.Folder.Number < span.Hour))];
    }

    /// <summary>Writes the positions of the repeats into the table.</summary>
    /// <param name="files">Local paths: of the statement's files and the earlier ones.</param>
    /// <returns>Whether there are any.</returns>
    public bool Find(IReadOnlyList<string> files)
    {
        database.Execute($"""
            create or replace temp table {Table(view)} as
            with candidates as ({Rows(files)})
            select _partition, _offset
            from (
                select *, lag(ms) over (partition by {rule.Content}, _partition, misdated order by ms, _offset) as before
                from candidates
                where {rule.Id} in (select {rule.Id} from candidates group by all having count(*) > 1))
            where before // {HourMs} >= earliest
            """);
        return database.Rows($"select count(*) from {Table(view)}", reader => reader.GetInt64(0))[0] > 0;
    }

    // Hours are counted from 1970, so that no time zone matters.
    private string Rows(IReadOnlyList<string> files) => string.Create(CultureInfo.InvariantCulture, $"""
        select *, ms // {HourMs} is distinct from folder as misdated, {Earliest} as earliest
        from (select *, epoch(dt)::bigint // 3600 + hour as folder, coalesce(epoch_ms(ts), folder * {HourMs}) as ms from {WarehouseViews.Read(view, files)})
        where {rule.Id} is not null and {rule.Rows}
        """);

    private string Earliest => !rule.IsRetried ? $"ms // {HourMs}" : string.Create(CultureInfo.InvariantCulture, $"""
        greatest(
            least(ms, case when uuid_extract_version(try_cast({rule.Id} as uuid)) = 7
                then epoch_ms(uuid_extract_timestamp(try_cast({rule.Id} as uuid))) else 0 end)
            - {ClockMarginMs}, ms - {LookBackMs}) // {HourMs}
        """);
}
