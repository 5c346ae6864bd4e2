using System.Reflection;
using DuckDB.NET.Data;
using DuckDB.NET.Native;

namespace Game.Analysis.Results;

/// <summary>The values of a result, nulls within lists and maps among them, for which DuckDB's client has to be asked by types that hold null. For one reader's
/// current result.</summary>
internal sealed class ResultValues
{
    private static readonly MethodInfo Typed = typeof(ResultValues).GetMethod(nameof(Read), BindingFlags.Static | BindingFlags.NonPublic)!;
    private readonly DuckDBDataReader _reader;
    private readonly Func<DuckDBDataReader, int, object?>[] _columns;

    public ResultValues(DuckDBDataReader reader)
    {
        _reader = reader;
        _columns = [.. Enumerable.Range(0, reader.FieldCount).Select(i => ReaderOf(reader.GetFieldType(i)))];
    }

    /// <returns>The column's value in the current row; null for SQL's.</returns>
    /// <exception cref="UserErrorException">The client cannot read a value of that type.</exception>
    public object? this[int column]
    {
        get
        {
            if (_reader.IsDBNull(column))
            {
                return null;
            }
            try
            {
                return _columns[column](_reader, column);
            }
            catch (Exception e) when (e is InvalidCastException or InvalidOperationException or ArgumentException or OverflowException or NotSupportedException
            or NotImplementedException)
            {
                string name = _reader.GetName(column);
                throw new UserErrorException($"The column {name} holds a value that cannot be shown as it is: select it as ({name})::varchar.", e);
            }
        }
    }

    private static Func<DuckDBDataReader, int, object?> ReaderOf(Type type)
    {
        if (type == typeof(TimeSpan))
        {
            return static (reader, column) => reader.GetFieldValue<DuckDBInterval>(column);
        }
        return type.IsGenericType ? Typed.MakeGenericMethod(WithNulls(type)).CreateDelegate<Func<DuckDBDataReader, int, object?>>()
            : static (reader, column) => reader.GetValue(column);
    }

    private static object? Read<T>(DuckDBDataReader reader, int column) => reader.GetFieldValue<T>(column);

    // List<int> becomes List<int?>, and so on inwards; a map's keys are never null.
    private static Type WithNulls(Type type)
    {
        if (type.IsValueType)
        {
            return Nullable.GetUnderlyingType(type) is null ? typeof(Nullable<>).MakeGenericType(type) : type;
        }
        if (!type.IsGenericType)
        {
            return type;
        }
        Type[] parts = type.GetGenericArguments();
        parts[^1] = WithNulls(parts[^1]);
        return type.GetGenericTypeDefinition().MakeGenericType(parts);
    }
}
