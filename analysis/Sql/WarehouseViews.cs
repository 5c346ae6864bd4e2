using Game.Contracts;

namespace Game.Analysis.Sql;

/// <summary>
/// The views that queries see. Each keeps the first of a repeated event or alert among the files it reads (a retry may have put the same into the log twice)
/// and all rows
/// without id; <c>dt</c> and <c>hour</c> are the folder's.
/// </summary>
internal static class WarehouseViews
{
    private sealed record Definition(string Topic, string TimeColumn, Func<string, string> Sql);

    private const string AlertId = "alert_id";

    // The id alone is the client's to choose: a player who sends an old key with other words must not hide that.
    private const string EventIdentity = "event_id, user_id, type, outcome";

    private const string Common = "_key, _partition, _offset, _appended_at, _extra, _raw, _deleted, dt, hour";

    // What the sink's files hold, for a view that reads none of them.
    private static readonly string[] CommonColumns =
    [
            "_key varchar", "_partition integer", "_offset bigint", "_appended_at timestamptz", "_extra varchar", "_raw blob", "_deleted boolean", "dt date",
                "hour bigint",
    ];

    private static readonly Dictionary<string, string[]> Columns = new()
    {
        [Topics.PlayerEvents] =
        [
            "type varchar", "event_id varchar", "user_id varchar", "ts timestamptz", "server_id varchar", "session_id varchar", "ip varchar",
                "country varchar", "asn bigint",
            "lat double", "lon double", "device_id varchar", "client_version varchar", "outcome varchar", "trade_id varchar", "counterparty_id varchar",
                "channel varchar",
            "gold_delta bigint", "gold_balance bigint", "item_id varchar", "item_delta integer", "item_value bigint", "inventory_value bigint",
        ],
        [Topics.Alerts] =
        [
            "alert_id varchar", "rule varchar", "rule_version varchar", "severity varchar", "score double", "user_id varchar", "event_id varchar",
                "ts timestamptz",
            "detected_at timestamptz", "source_topic varchar", "source_partition integer", "source_offset bigint", "reason varchar",
                "features map(varchar, double)",
            "window_events integer", "window_from timestamptz", "window_to timestamptz",
        ],
        [Topics.Labels] = ["user_id varchar", "verdict varchar", "labelled_at timestamptz", "source varchar"],
    };

    private static readonly Dictionary<string, Definition> Definitions = new()
    {
        ["player_events"] = new(Topics.PlayerEvents, "ts", files => First(files, EventIdentity)),
        ["logins"] = new(Topics.PlayerEvents, "ts", files =>
            $"select event_id, user_id, ts, server_id, session_id, ip, country, asn, lat, lon, device_id, client_version, outcome, {Common} from ({First(files, EventIdentity)}) where type = 'login'"),
        ["trades"] = new(Topics.PlayerEvents, "ts", files =>
            $"select event_id, user_id, ts, server_id, session_id, ip, trade_id, counterparty_id, channel, gold_delta, gold_balance, item_id, item_delta, item_value, inventory_value, {Common} "
            + $"from ({First(files, EventIdentity)}) where type = 'trade'"),
        ["alerts"] = new(Topics.Alerts, "ts", files => First(files, AlertId)),
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

    /// <param name="files">Where the rows are.</param>
    /// <param name="identity">The columns that are the same in every copy, the id first; a login's outcome, say, is null in all trades, and nulls are the same
    /// here.</param>
    private static string First(string files, string identity)
        => $"select * from {files} qualify {identity.Split(',')[0]} is null or row_number() over (partition by {identity} order by _partition, _offset) = 1";
}
