namespace Game.Analysis.Sql;

/// <summary>What a statement does, with the numbers of <c>duckdb_statement_type</c> in DuckDB's C interface.</summary>
internal enum StatementKind
{
    Select = 1,
    Insert = 2,
    Update = 3,
    Delete = 5,
    Prepare = 6,
    Create = 7,
    Alter = 9,
    Transaction = 10,
    Copy = 11,
    Drop = 15,
    Set = 20,
    Load = 21,
    Attach = 25,
    Detach = 26,
}
