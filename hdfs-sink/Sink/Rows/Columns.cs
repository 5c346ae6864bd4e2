using Parquet;
using Parquet.Schema;

namespace Game.HdfsSink.Rows;

/// <summary>One column of a table: its Parquet field, and how to write the rows of one row group to it.</summary>
internal abstract class Column<TRow>(Field definition)
{
    public Field Field => definition;

    /// <param name="group">The row group to write to.</param>
    /// <param name="leaves">The leaf fields of the schema that belong to this column.</param>
    /// <param name="rows">The rows, in order.</param>
    public abstract Task WriteAsync(ParquetRowGroupWriter group, ReadOnlyMemory<DataField> leaves, IReadOnlyList<TRow> rows);
}

/// <summary>VARCHAR.</summary>
internal sealed class TextColumn<TRow>(string name, Func<TRow, string?> read) : Column<TRow>(new DataField<string>(name))
{
    public override Task WriteAsync(ParquetRowGroupWriter group, ReadOnlyMemory<DataField> leaves, IReadOnlyList<TRow> rows)
    {
        string?[] values = new string?[rows.Count];
        for (int i = 0; i < values.Length; i++)
        {
            values[i] = read(rows[i]);
        }
        return group.WriteAsync(leaves.Span[0], values!);
    }
}

/// <summary>VARBINARY.</summary>
internal sealed class BytesColumn<TRow>(string name, Func<TRow, byte[]?> read) : Column<TRow>(new DataField<byte[]>(name))
{
    public override Task WriteAsync(ParquetRowGroupWriter group, ReadOnlyMemory<DataField> leaves, IReadOnlyList<TRow> rows)
    {
        byte[]?[] values = new byte[]?[rows.Count];
        for (int i = 0; i < values.Length; i++)
        {
            values[i] = read(rows[i]);
        }
        return group.WriteAsync(leaves.Span[0], values!);
    }
}

/// <summary>A number or a truth value that every row has.</summary>
internal sealed class RequiredColumn<TRow, T>(string name, Func<TRow, T> read) : Column<TRow>(new DataField<T>(name, nullable: false))
    where T : struct
{
    public override Task WriteAsync(ParquetRowGroupWriter group, ReadOnlyMemory<DataField> leaves, IReadOnlyList<TRow> rows)
    {
        T[] values = new T[rows.Count];
        for (int i = 0; i < values.Length; i++)
        {
            values[i] = read(rows[i]);
        }
        return group.WriteAsync<T>(leaves.Span[0], values);
    }
}

/// <summary>A number that a row may lack.</summary>
internal sealed class OptionalColumn<TRow, T>(string name, Func<TRow, T?> read) : Column<TRow>(new DataField<T>(name, nullable: true))
    where T : struct
{
    public override Task WriteAsync(ParquetRowGroupWriter group, ReadOnlyMemory<DataField> leaves, IReadOnlyList<TRow> rows)
    {
        T?[] values = new T?[rows.Count];
        for (int i = 0; i < values.Length; i++)
        {
            values[i] = read(rows[i]);
        }
        return group.WriteAsync<T>(leaves.Span[0], (ReadOnlyMemory<T?>)values);
    }
}

/// <summary>TIMESTAMP in milliseconds, UTC, made from epoch milliseconds.</summary>
internal sealed class TimeColumn<TRow>(string name, Func<TRow, long?> read)
    : Column<TRow>(new DateTimeDataField(name, DateTimeFormat.Timestamp, isAdjustedToUTC: true, DateTimeTimeUnit.Millis, isNullable: true))
{
    public override Task WriteAsync(ParquetRowGroupWriter group, ReadOnlyMemory<DataField> leaves, IReadOnlyList<TRow> rows)
    {
        DateTime?[] values = new DateTime?[rows.Count];
        for (int i = 0; i < values.Length; i++)
        {
            values[i] = read(rows[i]) is { } millis ? DateTime.UnixEpoch.AddMilliseconds(millis) : null;
        }
        return group.WriteAsync<DateTime>(leaves.Span[0], (ReadOnlyMemory<DateTime?>)values);
    }
}

/// <summary>
/// MAP(VARCHAR, DOUBLE). Definition levels of the Parquet format: 0 for no map, 1 for an empty map, 2 for an entry's key and 3 for its value. The repetition
/// level is 0 for the first entry of a map and 1 for the others.
/// </summary>
internal sealed class MapColumn<TRow>(string name, Func<TRow, IReadOnlyDictionary<string, double>?> read)
    : Column<TRow>(new MapField(name, new DataField<string>("key", nullable: false), new DataField<double>("value", nullable: true)))
{
    private const int Missing = 0;
    private const int Empty = 1;
    private const int KeyThere = 2;
    private const int ValueThere = 3;

    public override async Task WriteAsync(ParquetRowGroupWriter group, ReadOnlyMemory<DataField> leaves, IReadOnlyList<TRow> rows)
    {
        List<ReadOnlyMemory<char>> keys = new();
        List<double> values = new();
        List<int> definitions = new(rows.Count);
        List<int> repetitions = new(rows.Count);
        foreach (TRow? row in rows)
        {
            IReadOnlyDictionary<string, double>? map = read(row);
            if (map is null || map.Count == 0)
            {
                definitions.Add(map is null ? Missing : Empty);
                repetitions.Add(0);
                continue;
            }

            int entry = 0;
            foreach ((string key, double value) in map)
            {
                keys.Add(key.AsMemory());
                values.Add(value);
                definitions.Add(KeyThere);
                repetitions.Add(entry++ == 0 ? 0 : 1);
            }
        }

        int[] forKeys = definitions.ToArray();
        int[] forValues = Array.ConvertAll(forKeys, level => level == KeyThere ? ValueThere : level);
        await group.WriteAllPartsAsync<ReadOnlyMemory<char>>(leaves.Span[0], keys.ToArray(), forKeys, repetitions.ToArray(), CancellationToken.None);
        await group.WriteAllPartsAsync<double>(leaves.Span[1], values.ToArray(), forValues, repetitions.ToArray(), CancellationToken.None);
    }
}
