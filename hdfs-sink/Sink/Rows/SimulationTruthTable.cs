using Game.Contracts;

namespace Game.HdfsSink.Rows;

/// <summary>The table of <c>simulation-truth</c>: what simulators planted; <c>ts</c> decides the hour's folder.</summary>
internal sealed class SimulationTruthTable() : Table<SimulationTruth>(Topics.SimulationTruth,
[
    Text("campaign_id", t => t.CampaignId),
    Text("scenario", t => t.Scenario),
    Text("role", t => RoleName(t.Role)),
    Text("user_id", t => t.UserId),
    Text("event_id", t => t.EventId?.ToString()),
    new TimeColumn<Row<SimulationTruth>>("ts", row => row.Value?.Ts),
])
{
    protected override long TimeOf(SimulationTruth value) => value.Ts;

    protected override IEnumerable<Row<SimulationTruth>> Rows(IReadOnlyList<RawRecord> records) => records.Select(Read);

    private static Row<SimulationTruth> Read(RawRecord record) =>
        record.Value is not null && ContractJson.TryDecode(record.Value, out SimulationTruth truth, out _)
            ? new(record, truth, Extra.Json(truth.Extra))
            : new(record, null, null);

    private static string RoleName(CampaignRole role) => role switch
    {
        CampaignRole.Victim => "victim",
        CampaignRole.Attacker => "attacker",
        _ => "mule",
    };

    private static TextColumn<Row<SimulationTruth>> Text(string name, Func<SimulationTruth, string?> read)
        => new(name, row => row.Value is null ? null : read(row.Value));
}
