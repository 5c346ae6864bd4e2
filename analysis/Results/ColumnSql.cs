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

    /// <summary>
    /// The SQL of a value's JSON as a text; SQL's null for a null. DuckDB's to_json alone writes NaN and Infinity, which JSON does not have; it gives all
    /// fields of a tuple the name ''; it writes a variant as a text; and it reads the numbers of JSON inside it again as doubles, which loses digits. So the
    /// JSON of what contains such values is joined from the texts of its parts.
    /// </summary>
    private static string Json(string value, ColumnType type) => type.Id switch
    {
        _ when !IsSpecial(type) => Text($"to_json({value})"),
        TypeId.Float or TypeId.Double => $"case when isfinite({value}) then {Text(value)} else {Text($"to_json({Text(value)})")} end",
        // DuckDB writes .5 for a decimal without digits before the point.
        TypeId.Decimal => $"regexp_replace({Text(value)}, '^(-?)[.]', '\\10.')",
        TypeId.Variant => $"case when regexp_matches({Text($"cast({value} as json)")}, 'NaN|Infinity') "
            + $"then {Text($"to_json({Text(value)})")} else {Text($"cast({value} as json)")} end",
        TypeId.List or TypeId.Array => $"'[' || array_to_string(list_transform({value}, lambda {Item(value)}: "
            + $"{Part(Item(value), type.Parts[0].Type)}), ',') || ']'",
        TypeId.Map => $"'{{' || array_to_string(list_transform(map_entries({value}), lambda {Item(value)}: "
            + $"{Text($"to_json({Text(Item(value) + ".key")})")} || ':' || {Part(Item(value) + ".value", type.Parts[1].Type)}), ',') || '}}'",
        TypeId.Union => $"case union_tag({value}) "
            + string.Concat(type.Parts.Select(part => $"when {Literal(part.Name)} then '{{' || {Member("union_extract", value, part)} || '}}' ")) + "end",
        TypeId.Struct when type.IsTuple
            => WhereNotNull(value, '[', type.Parts.Select((part, i) => Part($"struct_extract({value}, {i + 1})", part.Type)), ']'),
        TypeId.Struct => WhereNotNull(value, '{', type.Parts.Select(part => Member("struct_extract", value, part)), '}'),
        // A column of type JSON: its own text on one line. Line ends stand only between the parts of JSON, never inside its texts.
        _ => $"regexp_replace({Text(value)}, '[\\n\\r\\t]', ' ', 'g')",
    };

    private static string WhereNotNull(string value, char start, IEnumerable<string> parts, char end)
        => $"case when {value} is not null then '{start}' || {string.Join(" || ',' || ", parts)} || '{end}' end";

    private static bool IsSpecial(ColumnType type)
        => type.Id is TypeId.Float or TypeId.Double or TypeId.Decimal or TypeId.Variant || type.IsJson || type.IsTuple
            || type.Parts.Any(part => IsSpecial(part.Type));

    private static string Member(string extract, string value, (string Name, ColumnType Type) part)
        => $"{Literal(JsonText.Of(part.Name) + ":")} || {Part($"{extract}({value}, {Literal(part.Name)})", part.Type)}";

    // Inside other JSON a null is written out.
    private static string Part(string value, ColumnType type) => $"coalesce({Json(value, type)}, 'null')";

    // Each depth of nested lists has a name of its own: the expression of a deeper value is longer.
    private static string Item(string value) => $"i{value.Length}";

    private static string Literal(string text) => $"'{text.Replace("'", "''", StringComparison.Ordinal)}'";
}
