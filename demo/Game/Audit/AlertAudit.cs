using Game.Contracts;

namespace Game.Cli.Audit;

/// <summary>One pass over the alerts topic.</summary>
internal sealed class AlertAudit
{
    private readonly Dictionary<string, Alert> byId = [];

    /// <summary>Distinct alerts.</summary>
    public IReadOnlyDictionary<string, Alert> ById => byId;

    /// <summary>Ids that the topic holds more than once.</summary>
    public HashSet<string> Duplicates { get; } = [];

    public void Read(IEnumerable<AuditRecord> records)
    {
        foreach (AuditRecord record in records)
        {
            if (!ContractJson.TryDecode(record.Value, out Alert alert, out string error))
                throw new UserErrorException($"A record of {Topics.Alerts} cannot be read: {error}.");
            if (!byId.TryAdd(alert.AlertId, alert))
                Duplicates.Add(alert.AlertId);
        }
    }
}
