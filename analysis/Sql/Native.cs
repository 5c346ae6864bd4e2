using System.Runtime.InteropServices;
using DuckDB.NET.Native;

namespace Game.Analysis.Sql;

/// <summary>Functions of DuckDB's C interface that its client for .NET does not offer; see duckdb.h. The caller frees returned texts.</summary>
internal static partial class Native
{
    private const string Library = "duckdb";

    [LibraryImport(Library, EntryPoint = "duckdb_prepared_statement_type")]
    public static partial StatementKind KindOf(DuckDBPreparedStatement prepared);

    [LibraryImport(Library, EntryPoint = "duckdb_prepared_statement_column_count")]
    public static partial ulong ColumnCount(DuckDBPreparedStatement prepared);

    [LibraryImport(Library, EntryPoint = "duckdb_prepared_statement_column_name")]
    public static partial nint ColumnName(DuckDBPreparedStatement prepared, ulong column);

    [LibraryImport(Library, EntryPoint = "duckdb_prepared_statement_column_logical_type")]
    public static partial DuckDBLogicalType ColumnType(DuckDBPreparedStatement prepared, ulong column);

    [LibraryImport(Library, EntryPoint = "duckdb_nparams")]
    public static partial ulong ParameterCount(DuckDBPreparedStatement prepared);

    [LibraryImport(Library, EntryPoint = "duckdb_logical_type_get_alias")]
    public static partial nint AliasOf(DuckDBLogicalType type);

    [LibraryImport(Library, EntryPoint = "duckdb_union_type_member_count")]
    public static partial ulong MemberCount(DuckDBLogicalType type);

    [LibraryImport(Library, EntryPoint = "duckdb_union_type_member_name")]
    public static partial nint MemberName(DuckDBLogicalType type, ulong member);

    [LibraryImport(Library, EntryPoint = "duckdb_union_type_member_type")]
    public static partial DuckDBLogicalType MemberType(DuckDBLogicalType type, ulong member);
}
