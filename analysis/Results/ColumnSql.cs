namespace Game.Analysis.Results;

/// <summary>
/// The SQL that turns a result's columns into text inside DuckDB, so that every value of every type looks as DuckDB itself shows it; DuckDB's client for .NET
/// reads only some types.
/// </summary>
internal static class ColumnSql
{
    private const string Source = "source";

    /// <summary>The statement that returns the rows of a query as texts, in their order; a null stays null.</summary>
    /// <param name="query">Anything that may stand in a FROM clause between brackets.</param>
    /// <param name="columns">The query's columns.</param>
    /// <param name="form">The form in which the texts will be shown.</param>
    public static string Rows(string query, IReadOnlyList<ResultColumn> columns, ResultForm form)
    {
        IEnumerable<string> texts = columns.Select((column, index) => form == ResultForm.Json ? Json(Name(index), column.Type) : Text(Name(index)));
        return $"select {string.Join(", ", texts)} from ({query}\n) as {Source}({string.Join(", ", columns.Select((_, index) => Name(index)))})";
    }

    private static string Name(int index) => $"c{index}";

    private static string Text(string value) => $"cast({value} as varchar)";

    // DuckDB's to_json writes NaN and Infinity, which JSON does not have; it gives all fields of a tuple the name ''; and it writes a variant as a text.
    private static string Json(string value, ColumnType type) => type.Id switch
    {
        _ when !IsSpecial(type) => $"to_json({value})",
        TypeId.Float or TypeId.Double => $"case when isfinite({value}) then cast({Text(value)} as json) else to_json({Text(value)}) end",
        TypeId.Variant => $"case when regexp_matches(cast(cast({value} as json) as varchar), 'NaN|Infinity') "
            + $"then to_json({Text(value)}) else cast({value} as json) end",
        TypeId.List or TypeId.Array => $"to_json(list_transform({value}, lambda {Item(value)}: {Json(Item(value), type.Parts[0].Type)}))",
        TypeId.Map => $"to_json(map_from_entries(list_transform(map_entries({value}), lambda {Item(value)}: "
            + $"{{'key': {Text(Item(value) + ".key")}, 'value': {Json(Item(value) + ".value", type.Parts[1].Type)}}})))",
        TypeId.Union => $"case union_tag({value}) "
            + string.Concat(type.Parts.Select(part => $"when {Literal(part.Name)} then json_object({Member("union_extract", value, part)}) ")) + "end",
        _ when type.IsTuple => WhereNotNull(value, "to_json([", type.Parts.Select((part, i) => Json($"struct_extract({value}, {i + 1})", part.Type)), "])"),
        _ => WhereNotNull(value, "json_object(", type.Parts.Select(part => Member("struct_extract", value, part)), ")"),
    };

    private static string WhereNotNull(string value, string start, IEnumerable<string> parts, string end)
        => $"case when {value} is not null then {start}{string.Join(", ", parts)}{end} end";

    private static bool IsSpecial(ColumnType type)
        => type.Id is TypeId.Float or TypeId.Double or TypeId.Variant || type.IsTuple || type.Parts.Any(part => IsSpecial(part.Type));

    private static string Member(string extract, string value, (string Name, ColumnType Type) part)
        => $"{Literal(part.Name)}, {Json($"{extract}({value}, {Literal(part.Name)})", part.Type)}";

    // Each depth of nested lists has a name of its own: the expression of a deeper value is longer.
    private static string Item(string value) => $"i{value.Length}";

    private static string Literal(string text) => $"'{text.Replace("'", "''", StringComparison.Ordinal)}'";
}
