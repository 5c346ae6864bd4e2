using System.Text.Json.Nodes;

namespace Game.Analysis.Sql;

/// <summary>
/// What must hold of a folder <c>dt=…/hour=…</c> for a row of it to fulfil a query's condition: an expression of DuckDB's over the columns of
/// <see cref="FolderChooser.Table"/>, as its own parser gives them.
/// </summary>
/// <param name="Alias">How the expression names the table.</param>
/// <param name="Expression">In the JSON of <c>json_serialize_sql</c>.</param>
internal sealed record FolderCondition(string Alias, JsonObject Expression);
