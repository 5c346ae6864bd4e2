using Game.Contracts;
using TopicNames = Game.Contracts.Topics;

namespace Game.Analysis.Sql;

/// <summary>
/// The views that statements read. Their columns are always the same, with any files. Of a repeated event or alert (a retry may have appended it to the log
/// twice) a view shows only the first; it shows all rows without an id. <c>dt</c> and <c>hour</c> are those of the folder.
/// </summary>
internal static class WarehouseViews
{
    private sealed record View(string Topic, string TimeColumn, (string Name, string Type)[] Columns, RepetitionRule? Repetition);

    private const string EveryRow = "true";

    // The columns that the sink adds to each row.
    private static readonly (string Name, string Type)[] Common =
    [
        ("_key", "varchar"), ("_partition", "integer"), ("_offset", "bigint"), ("_appended_at", "timestamptz"), ("_extra", "varchar"), ("_raw", "blob"),
        ("_deleted", "boolean"), ("dt", "date"), ("hour", "bigint"),
    ];

    private static readonly (string Name, string Type)[] Alert =
    [
        ("alert_id", "varchar"), ("rule", "varchar"), ("rule_version", "varchar"), ("severity", "varchar"), ("score", "double"),
        ("user_id", "varchar"), ("event_id", "varchar"), ("ts", "timestamptz"), ("detected_at", "timestamptz"),
        ("source_topic", "varchar"), ("source_partition", "integer"), ("source_offset", "bigint"),
        ("reason", "varchar"), ("features", "map(varchar, double)"), ("window_events", "integer"), ("window_from", "timestamptz"), ("window_to", "timestamptz"),
    ];

    private static readonly (string Name, string Type)[] Label =
        [("user_id", "varchar"), ("verdict", "varchar"), ("labelled_at", "timestamptz"), ("source", "varchar")];

    private static readonly (string Name, string Type)[] Truth =
    [
        ("campaign_id", "varchar"), ("scenario", "varchar"), ("role", "varchar"), ("user_id", "varchar"), ("event_id", "varchar"), ("ts", "timestamptz"),
    ];

    private static readonly Dictionary<string, View> Views = new()
    {
        ["player_events"] = Events(EventKinds.Both, EveryRow),
        ["logins"] = Events(EventKinds.Login, "type = 'login'"),
        ["trades"] = Events(EventKinds.Trade, "type = 'trade'"),
        ["alerts"] = new View(TopicNames.Alerts, "ts", [.. Alert, .. Common], new RepetitionRule("alert_id", "alert_id", EveryRow, IsRetried: false)),
        ["labels"] = new View(TopicNames.Labels, "labelled_at", [.. Label, .. Common], Repetition: null),
        ["simulation_truth"] = new View(TopicNames.SimulationTruth, "ts", [.. Truth, .. Common], Repetition: null),
    };

    public static IEnumerable<string> Names => Views.Keys;

    /// <summary>The topics whose rows the views show.</summary>
    public static IEnumerable<string> Topics => Views.Values.Select(view => view.Topic).Distinct();

    public static bool IsView(string name) => Views.ContainsKey(name);

    public static string TopicOf(string view) => Views[view].Topic;

    /// <summary>The column whose value decides the hour's folder of a row.</summary>
    public static string TimeColumn(string view) => Views[view].TimeColumn;

    /// <summary>Defines the repeats that the view does not show; null where it shows all rows.</summary>
    public static RepetitionRule? Repetition(string view) => Views[view].Repetition;

    /// <summary>The statement that creates the view without rows.</summary>
    public static string Empty(string view) => Create(view, $"({Nothing(view)})", "");

    /// <summary>The statement that creates the view over local files.</summary>
    /// <param name="view">The view's name.</param>
    /// <param name="files">Local paths of files of its topic, at least one.</param>
    /// <param name="repeats">The table with the positions of the repeats; null where there are none.</param>
    public static string Over(string view, IReadOnlyList<string> files, string? repeats)
    {
        string without = repeats is null ? ""
            : $" and not exists (select 1 from {repeats} r where r._partition = rows._partition and r._offset = rows._offset)";
        return Create(view, Read(view, files), $" where {Views[view].Repetition?.Rows ?? EveryRow}{without}");
    }

    /// <summary>SQL that reads local files as a table with all columns of the view and of its topic.</summary>
    public static string Read(string view, IReadOnlyList<string> files)
    {
        string list = string.Join(", ", files.Select(file => $"'{file.Replace("'", "''", StringComparison.Ordinal)}'"));
        return $"({Nothing(view)} union all by name select * from "
            + $"read_parquet([{list}], union_by_name = true, hive_partitioning = true, hive_types = {{'dt': DATE, 'hour': BIGINT}}))";
    }

    private static View Events(EventKinds kinds, string rows)
    {
        IEnumerable<EventField> fields = EventFields.All.Where(field => kinds == EventKinds.Both || (field.Name != "type" && field.Kinds.HasFlag(kinds)));
        string content = string.Join(", ", EventFields.All.Where(field => field.Content != EventKinds.None).Select(Content));
        return new View(TopicNames.PlayerEvents, "ts", [.. fields.Select(field => (field.Name, SqlType(field.Type))), .. Common],
            new RepetitionRule("event_id", content, rows, IsRetried: true));
    }

    // A field that only one kind of event has is null in the other. A field of both kinds that is content of only one is ignored in the other.
    private static string Content(EventField field)
        => field.Content == field.Kinds ? field.Name : $"case when type = '{(field.Content == EventKinds.Login ? "login" : "trade")}' then {field.Name} end";

    private static string SqlType(FieldType type) => type switch
    {
        FieldType.Text => "varchar",
        FieldType.Time => "timestamptz",
        FieldType.Int32 => "integer",
        FieldType.Int64 => "bigint",
        _ => "double",
    };

    private static string Create(string view, string rows, string where)
    {
        string columns = string.Join(", ", Views[view].Columns.Select(column => $"{column.Name}::{column.Type} as {column.Name}"));
        return $"create or replace view memory.main.{view} as select {columns} from {rows} as rows{where}";
    }

    private static string Nothing(string view)
        => $"(select {string.Join(", ", AllColumns(view).Select(column => $"null::{column.Type} as {column.Name}"))} limit 0)";

    // The files that a view of one kind of event reads also have the columns of the other kind.
    private static IEnumerable<(string Name, string Type)> AllColumns(string view)
        => TopicOf(view) == TopicNames.PlayerEvents ? Views["player_events"].Columns : Views[view].Columns;
}
