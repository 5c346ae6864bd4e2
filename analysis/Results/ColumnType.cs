namespace Game.Analysis.Results;

/// <summary>The types of DuckDB that this program handles differently, with the numbers of <c>duckdb_type</c> in its C interface.</summary>
internal enum TypeId
{
    Boolean = 1,
    TinyInt = 2,
    UnsignedBigInt = 9,
    Float = 10,
    Double = 11,
    Varchar = 17,
    Decimal = 19,
    List = 24,
    Struct = 25,
    Map = 26,
    Union = 28,
    Array = 33,
    Variant = 41,
}

/// <summary>A column's type.</summary>
/// <param name="Id">Any number of <c>duckdb_type</c>, also one without a name here.</param>
/// <param name="Parts">
/// The fields of a struct and the members of a union, with their names; the item type of a list or array; the key and value types of a map.
/// </param>
/// <param name="IsJson">Whether this is DuckDB's JSON, a text by its id.</param>
internal sealed record ColumnType(TypeId Id, IReadOnlyList<(string Name, ColumnType Type)> Parts, bool IsJson = false)
{
    /// <summary>Whether this is a struct whose fields have no names, as <c>row(1, 2)</c> and <c>(1, 2)</c> make it.</summary>
    public bool IsTuple => Id == TypeId.Struct && Parts.Count > 0 && Parts[0].Name.Length == 0;

    /// <summary>Whether the client for .NET reads its values as DuckDB shows them: booleans, whole numbers and texts.</summary>
    public bool IsPlain => Id is TypeId.Varchar or (>= TypeId.Boolean and <= TypeId.UnsignedBigInt);
}

/// <summary>A column of a result.</summary>
internal sealed record ResultColumn(string Name, ColumnType Type);
