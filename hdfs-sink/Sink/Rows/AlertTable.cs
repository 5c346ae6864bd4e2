using Game.Contracts;

namespace Game.HdfsSink.Rows;

/// <summary>The table of <c>alerts</c>; the event's <c>ts</c> decides the hour's folder.</summary>
internal sealed class AlertTable() : Table<Alert>(Topics.Alerts,
[
    Text("alert_id", a => a.AlertId),
    Text("rule", a => a.Rule),
    Text("rule_version", a => a.RuleVersion),
    Text("severity", a => a.Severity switch { AlertSeverity.Info => "info", AlertSeverity.Warning => "warning", _ => "critical" }),
    new OptionalColumn<Row<Alert>, double>("score", row => row.Value?.Score),
    Text("user_id", a => a.UserId),
    Text("event_id", a => a.EventId.ToString()),
    new TimeColumn<Row<Alert>>("ts", row => row.Value?.Ts),
    new TimeColumn<Row<Alert>>("detected_at", row => row.Value?.DetectedAt),
    Text("source_topic", a => a.SourceTopic),
    new OptionalColumn<Row<Alert>, int>("source_partition", row => row.Value?.SourcePartition),
    new OptionalColumn<Row<Alert>, long>("source_offset", row => row.Value?.SourceOffset),
    Text("reason", a => a.Reason),
    new MapColumn<Row<Alert>>("features", row => row.Value?.Features),
    new OptionalColumn<Row<Alert>, int>("window_events", row => row.Value?.WindowEvents),
    new TimeColumn<Row<Alert>>("window_from", row => row.Value?.WindowFrom),
    new TimeColumn<Row<Alert>>("window_to", row => row.Value?.WindowTo),
])
{
    protected override long TimeOf(Alert value) => value.Ts;

    protected override IEnumerable<Row<Alert>> Rows(IReadOnlyList<RawRecord> records) => records.Select(Read);

    private static Row<Alert> Read(RawRecord record) =>
        record.Value is not null && ContractJson.TryDecode(record.Value, out Alert alert, out _) && AreTimes(alert.DetectedAt, alert.WindowFrom, alert.WindowTo)
            ? new(record, alert, Extra.Json(alert.Extra))
            : new(record, null, null);

    // A time that a timestamp column cannot hold makes the value undecodable; the column _raw then keeps its bytes.
    private static bool AreTimes(params ReadOnlySpan<long> times) => !times.ContainsAnyExceptInRange(0, ContractLimits.MaxTimestamp);

    private static TextColumn<Row<Alert>> Text(string name, Func<Alert, string?> read) => new(name, row => row.Value is null ? null : read(row.Value));
}
