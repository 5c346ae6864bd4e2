using System.IO.Compression;
using Parquet;
using Parquet.Schema;

namespace Game.HdfsSink.Rows;

/// <summary>A topic's table: decodes its records and writes them as Parquet. Safe for many threads.</summary>
internal interface ITable
{
    string Topic { get; }

    /// <summary>Decodes a batch and groups its rows by their files; the rows of a file are in the order of their offsets.</summary>
    DecodedBatch Decode(RecordBatch batch);
}

/// <summary>The files of one batch before they are encoded.</summary>
/// <param name="Files">The files in the order of their folders.</param>
/// <param name="Undecodable">How many rows have a value that does not follow the contract.</param>
internal sealed record DecodedBatch(IReadOnlyList<PendingFile> Files, int Undecodable);

/// <summary>The rows of one file, which <paramref name="EncodeAsync"/> writes as Parquet.</summary>
internal sealed record PendingFile(HourFile Target, int Rows, Func<Stream, Task> EncodeAsync);

/// <summary>What all tables share: the columns that the contract does not have, the grouping of rows into files, and the settings of Parquet.</summary>
/// <typeparam name="T">The decoded value.</typeparam>
internal abstract class Table<T> : ITable
    where T : class
{
    /// <summary>Each row group has one page for each column: with this many rows a page has a few megabytes at most.</summary>
    private const int RowsPerGroup = 128 * 1024;

    /// <summary>Bytes of freed buffers that the writer of one file keeps, in each of its two pools; by default they are unbounded.</summary>
    private const int PoolBytes = 16 * 1024 * 1024;

    private readonly IReadOnlyList<Column<Row<T>>> _columns;
    private readonly ParquetSchema _schema;

    protected Table(string topic, IEnumerable<Column<Row<T>>> contract)
    {
        Topic = topic;
        _columns =
        [
            .. contract,
            new TextColumn<Row<T>>("_key", row => row.Key),
            new RequiredColumn<Row<T>, int>("_partition", row => row.Partition),
            new RequiredColumn<Row<T>, long>("_offset", row => row.Offset),
            new TimeColumn<Row<T>>("_appended_at", row => row.AppendedAt),
            new TextColumn<Row<T>>("_extra", row => row.Extra),
            new BytesColumn<Row<T>>("_raw", row => row.Raw),
            new RequiredColumn<Row<T>, bool>("_deleted", row => row.IsDeleted),
        ];
        _schema = new ParquetSchema(_columns.Select(column => column.Field).ToArray());
    }

    public string Topic { get; }

    public DecodedBatch Decode(RecordBatch batch)
    {
        SortedDictionary<(long Hour, bool IsMisdated), List<Row<T>>> files = new();
        int undecodable = 0;
        foreach (Row<T> row in Rows(batch.Records))
        {
            HourFile target = HourFile.Of(row.Value is null ? null : TimeOf(row.Value), row.AppendedAt);
            if (!files.TryGetValue((target.Hour, target.IsMisdated), out List<Row<T>>? rows))
            {
                files.Add((target.Hour, target.IsMisdated), rows = []);
            }
            rows.Add(row);
            undecodable += row.Raw is null ? 0 : 1;
        }

        return new DecodedBatch(
            [.. files.Select(file => new PendingFile(
                new HourFile(file.Key.Hour, file.Key.IsMisdated), file.Value.Count, output => EncodeAsync(file.Value, output)))],
            undecodable);
    }

    /// <summary>Decodes records into rows, in their order. One thread enumerates the result.</summary>
    protected abstract IEnumerable<Row<T>> Rows(IReadOnlyList<RawRecord> records);

    /// <summary>The time that decides the hour's folder of a row, epoch milliseconds.</summary>
    protected abstract long TimeOf(T value);

    private async Task EncodeAsync(List<Row<T>> rows, Stream output)
    {
        ParquetOptions options = new()
        {
            CompressionMethod = CompressionMethod.Zstd,
            CompressionLevel = CompressionLevel.Optimal, // the default level takes twenty times as long
            MaximumSmallPoolFreeBytes = PoolBytes,
            MaximumLargePoolFreeBytes = PoolBytes,
        };
        await using ParquetWriter writer = await ParquetWriter.CreateAsync(_schema, output, options);
        for (int start = 0; start < rows.Count; start += RowsPerGroup)
        {
            await WriteGroupAsync(writer, rows.GetRange(start, Math.Min(RowsPerGroup, rows.Count - start)));
        }
    }

    private async Task WriteGroupAsync(ParquetWriter writer, List<Row<T>> rows)
    {
        using ParquetRowGroupWriter group = writer.CreateRowGroup();
        ReadOnlyMemory<DataField> leaves = _schema.DataFields;
        foreach (Column<Row<T>> column in _columns)
        {
            int count = column.Field is MapField ? 2 : 1;
            await column.WriteAsync(group, leaves[..count], rows);
            leaves = leaves[count..];
        }

        group.CompleteValidate();
    }
}
