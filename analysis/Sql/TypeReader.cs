using System.Runtime.InteropServices;
using DuckDB.NET.Native;
using Game.Analysis.Results;
using LogicalTypes = DuckDB.NET.Native.NativeMethods.LogicalType;

namespace Game.Analysis.Sql;

/// <summary>Reads the types of DuckDB's library, and the types inside them.</summary>
internal static class TypeReader
{
    /// <summary>Reads a type and releases it.</summary>
    public static ColumnType ReadAndRelease(DuckDBLogicalType type)
    {
        using (type)
        {
            TypeId id = (TypeId)LogicalTypes.DuckDBGetTypeId(type);
            return new ColumnType(id, [.. Parts(id, type)], id == TypeId.Varchar && Name(Native.AliasOf(type)) == "JSON");
        }
    }

    private static IEnumerable<(string Name, ColumnType Type)> Parts(TypeId id, DuckDBLogicalType type) => id switch
    {
        TypeId.List => [("", ReadAndRelease(LogicalTypes.DuckDBListTypeChildType(type)))],
        TypeId.Array => [("", ReadAndRelease(LogicalTypes.DuckDBArrayTypeChildType(type)))],
        TypeId.Map => [("key", ReadAndRelease(LogicalTypes.DuckDBMapTypeKeyType(type))), ("value", ReadAndRelease(LogicalTypes.DuckDBMapTypeValueType(type)))],
        TypeId.Struct => Numbers(LogicalTypes.DuckDBStructTypeChildCount(type))
            .Select(i => (LogicalTypes.DuckDBStructTypeChildName(type, i), ReadAndRelease(LogicalTypes.DuckDBStructTypeChildType(type, i)))),
        TypeId.Union => Numbers((long)Native.MemberCount(type))
            .Select(i => (Name(Native.MemberName(type, (ulong)i)), ReadAndRelease(Native.MemberType(type, (ulong)i)))),
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
