using System.Runtime.InteropServices;
using DuckDB.NET.Native;
using Game.Analysis.Results;
using LogicalTypes = DuckDB.NET.Native.NativeMethods.LogicalType;

namespace Game.Analysis.Sql;

/// <summary>Reads the types of DuckDB's library, inwards.</summary>
internal static class TypeReader
{
    /// <summary>Reads a type and releases it.</summary>
    public static ColumnType Take(DuckDBLogicalType type)
    {
        using (type)
        {
            TypeId id = (TypeId)LogicalTypes.DuckDBGetTypeId(type);
            return new ColumnType(id, [.. Parts(id, type)]);
        }
    }

    private static IEnumerable<(string Name, ColumnType Type)> Parts(TypeId id, DuckDBLogicalType type) => id switch
    {
        TypeId.List => [("", Take(LogicalTypes.DuckDBListTypeChildType(type)))],
        TypeId.Array => [("", Take(LogicalTypes.DuckDBArrayTypeChildType(type)))],
        TypeId.Map => [("key", Take(LogicalTypes.DuckDBMapTypeKeyType(type))), ("value", Take(LogicalTypes.DuckDBMapTypeValueType(type)))],
        TypeId.Struct => Numbers(LogicalTypes.DuckDBStructTypeChildCount(type))
            .Select(i => (LogicalTypes.DuckDBStructTypeChildName(type, i), Take(LogicalTypes.DuckDBStructTypeChildType(type, i)))),
        TypeId.Union => Numbers((long)Native.MemberCount(type)).Select(i => (Name(Native.MemberName(type, (ulong)i)), Take(Native.MemberType(type, (ulong)i)))),
        _ => [],
    };

    private static IEnumerable<long> Numbers(long count) => Enumerable.Range(0, checked((int)count)).Select(i => (long)i);

    private static string Name(nint text)
    {
        string name = Marshal.PtrToStringUTF8(text) ?? "";
        NativeMethods.Helpers.DuckDBFree(text);
        return name;
    }
}
