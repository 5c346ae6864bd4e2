using Game.HdfsSink.Rows;
using Parquet;
using Parquet.Schema;

namespace Game.HdfsSink.Tests.Parquet;

/// <summary>Encodes batches and reads the files back, column by column.</summary>
internal sealed class ParquetRows
{
    private readonly Dictionary<string, object?[]> _columns = [];

    private ParquetRows(ParquetSchema schema) => Schema = schema;

    public ParquetSchema Schema { get; }

    public CompressionMethod[] Compressions { get; private set; } = [];

    public int Groups { get; private set; }

    public object?[] this[string column] => _columns[column];

    public IReadOnlyDictionary<string, object?> Row(int index) => _columns.ToDictionary(column => column.Key, column => column.Value[index]);

    public static async Task<IReadOnlyDictionary<HourFile, ParquetRows>> WriteAndReadAsync(ITable table, params RawRecord[] records)
    {
        Dictionary<HourFile, ParquetRows> files = new();
        foreach (PendingFile file in table.Decode(new RecordBatch(0, records.Length, records, 0)).Files)
        {
            MemoryStream content = new();
            await file.EncodeAsync(content);
            files.Add(file.Target, await ReadAsync(content));
        }

        return files;
    }

    public static async Task<ParquetRows> ReadAsync(Stream content)
    {
        content.Position = 0;
        await using ParquetReader reader = await ParquetReader.CreateAsync(content);
        ParquetRows read = new(reader.Schema) { Groups = reader.RowGroupCount };
        for (int group = 0; group < reader.RowGroupCount; group++)
        {
            using ParquetRowGroupReader rows = reader.OpenRowGroupReader(group);
            foreach (DataField field in reader.Schema.DataFields)
            {
                object?[] values = await ReadColumnAsync(rows, field);
                read._columns[field.Path.ToString()] = [.. read._columns.GetValueOrDefault(field.Path.ToString(), []), .. values];
            }

            read.Compressions = [.. read.Compressions, .. rows.RowGroup.Columns.Select(column => (CompressionMethod)(int)column.MetaData!.Codec).Distinct()];
        }

        return read;
    }

    private static async Task<object?[]> ReadColumnAsync(ParquetRowGroupReader rows, DataField field) =>
        field.ClrType == typeof(ReadOnlyMemory<char>) ? await TextAsync(rows, field)
        : field.ClrType == typeof(ReadOnlyMemory<byte>) ? await BytesAsync(rows, field)
        : field.ClrType == typeof(int) ? await NumbersAsync<int>(rows, field)
        : field.ClrType == typeof(long) ? await NumbersAsync<long>(rows, field)
        : field.ClrType == typeof(double) ? await NumbersAsync<double>(rows, field)
        : field.ClrType == typeof(bool) ? await NumbersAsync<bool>(rows, field)
        : await NumbersAsync<DateTime>(rows, field);

    private static Task<object?[]> TextAsync(ParquetRowGroupReader rows, DataField field)
        => RawAsync<ReadOnlyMemory<char>>(rows, field, text => text.ToString());

    private static Task<object?[]> BytesAsync(ParquetRowGroupReader rows, DataField field)
        => RawAsync<ReadOnlyMemory<byte>>(rows, field, bytes => bytes.ToArray());

    private static Task<object?[]> NumbersAsync<T>(ParquetRowGroupReader rows, DataField field)
        where T : struct => RawAsync<T>(rows, field, value => value);

    private static async Task<object?[]> RawAsync<T>(ParquetRowGroupReader rows, DataField field, Func<T, object> box)
        where T : struct
    {
        int count = (int)rows.GetMetadata(field)!.MetaData!.NumValues;
        T[] values = new T[count];
        Memory<int>? definitions = field.MaxDefinitionLevel > 0 ? new int[count] : default(Memory<int>?);
        Memory<int>? repetitions = field.MaxRepetitionLevel > 0 ? new int[count] : default(Memory<int>?);
        await rows.ReadRawAsync<T>(field, values, definitions, repetitions, CancellationToken.None);
        return Spread(values.Select(box), definitions?.ToArray() ?? [], field);
    }

    /// <summary>Puts nulls where the definition level says that there is no value.</summary>
    private static object?[] Spread(IEnumerable<object> values, int[] levels, DataField field)
    {
        if (levels.Length == 0)
        {
            return [.. values];
        }
        using IEnumerator<object> next = values.GetEnumerator();
        return [.. levels.Select(level => level == field.MaxDefinitionLevel && next.MoveNext() ? next.Current : null)];
    }
}
