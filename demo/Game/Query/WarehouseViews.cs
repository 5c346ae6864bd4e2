using Game.Contracts;

namespace Game.Cli.Query;

/// <summary>
/// The views that queries see. Each keeps the first of a repeated id among the files it reads (a retry may have put the same event or alert into the log twice) and all rows
/// without id; <c>dt</c> and <c>hour</c> are the folder's.
/// </summary>
internal static class WarehouseViews
{
    private sealed record Definition(string Topic, string TimeColumn, Func<string, string> Sql);

    private const string Common = "_key, _partition, _offset, _appended_at, _extra, _raw, _deleted, dt, hour";

    // What the sink's files hold, for a view that reads none of them.
    private static readonly string[] CommonColumns =
    [
            "_key varchar", "_partition integer", "_offset bigint", "_appended_at timestamptz", "_extra varchar", "_raw blob", "_deleted boolean", "dt date", "hour bigint",
    ];

    private static readonly Dictionary<string, string[]> Columns = new()
    {
        [Topics.PlayerEvents] =
        [
            "type varchar", "event_id varchar", "user_id varchar", "ts timestamptz", "server_id varchar", "session_id varchar", "ip varchar", "country varchar", "asn bigint",
            "lat double", "lon double", "device_id varchar", "client_version varchar", "outcome varchar", "trade_id varchar", "counterparty_id varchar", "channel varchar",
            "gold_delta bigint", "gold_balance bigint", "item_id varchar", "item_delta integer", "item_value bigint", "inventory_value bigint",
        ],
        [Topics.Alerts] =
        [
            "alert_id varchar", "rule varchar", "rule_version varchar", "severity varchar", "score double", "user_id varchar", "event_id varchar", "ts timestamptz",
            "detected_at timestamptz", "source_topic varchar", "source_partition integer", "source_offset bigint", "reason varchar", "features map(varchar, double)",
            "window_events integer", "window_from timestamptz", "window_to timestamptz",
        ],
        [Topics.Labels] = ["user_id varchar", "verdict varchar", "labelled_at timestamptz", "source varchar"],
    };

    private static readonly Dictionary<string, Definition> Definitions = new()
    {
        ["player_events"] = new(Topics.PlayerEvents, "ts", files => First(files, "event_id")),
        ["logins"] = new(Topics.PlayerEvents, "ts", files =>
            $"select event_id, user_id, ts, server_id, session_id, ip, country, asn, lat, lon, device_id, client_version, outcome, {Common} from ({First(files, "event_id")}) where type = 'login'"),
        ["trades"] = new(Topics.PlayerEvents, "ts", files =>
            $"select event_id, user_id, ts, server_id, session_id, ip, trade_id, counterparty_id, channel, gold_delta, gold_balance, item_id, item_delta, item_value, inventory_value, {Common} "
            + $"from ({First(files, "event_id")}) where type = 'trade'"),
        ["alerts"] = new(Topics.Alerts, "ts", files => First(files, "alert_id")),
        ["labels"] = new(Topics.Labels, "labelled_at", files => $"select * from {files}"),
    };

    public static IEnumerable<string> Names => Definitions.Keys;

    public static bool IsView(string name) => Definitions.ContainsKey(name);

    public static string TopicOf(string view) => Definitions[view].Topic;

    /// <summary>The column by which rows are filed into hours.</summary>
    public static string TimeColumn(string view) => Definitions[view].TimeColumn;

    /// <summary>The statement that makes the view over local files, all of one topic; of none it is an empty view with the same columns.</summary>
    public static string Create(string view, IReadOnlyList<string> files)
        => $"create or replace view {view} as {Definitions[view].Sql(files.Count > 0 ? Source(files) : Nothing(TopicOf(view)))}";

    private static string Source(IReadOnlyList<string> files)
    {
        string list = string.Join(", ", files.Select(file => $"'{file.Replace("'", "''", StringComparison.Ordinal)}'"));
        return $"read_parquet([{list}], union_by_name = true, hive_partitioning = true, hive_types = {{'dt': DATE, 'hour': BIGINT}})";
    }

    private static string Nothing(string topic)
        => $"(select {string.Join(", ", Columns[topic].Concat(CommonColumns).Select(column => column.Split(' ', 2)).Select(parts => $"null::{parts[1]} as {parts[0]}"))} limit 0)";

    private static string First(string files, string id)
        => $"select * from {files} qualify {id} is null or row_number() over (partition by {id} order by _partition, _offset) = 1";
}
