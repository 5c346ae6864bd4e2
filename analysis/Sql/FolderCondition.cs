using System.Text.Json.Nodes;

namespace Game.Analysis.Sql;

/// <summary>
/// A condition that a folder <c>dt=…/hour=…</c> must meet so that its rows can meet a query's condition: an expression of DuckDB over the columns of <see
/// cref="FolderChooser.Table"/>, as DuckDB's parser returns it.
/// </summary>
/// <param name="Alias">The table's name in the expression.</param>
/// <param name="Expression">The expression, in the JSON of <c>json_serialize_sql</c>.</param>
internal sealed record FolderCondition(string Alias, JsonObject Expression);
