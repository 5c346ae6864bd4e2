using System.Text;
using Game.Contracts;

namespace Game.Analysis.Audit;

/// <summary>Reads the topics alerts and alerts-priority once and counts what is wrong in them.</summary>
internal sealed class AlertAudit
{
    private readonly Dictionary<string, Alert> _byId = [];

    /// <summary>Distinct alerts.</summary>
    public IReadOnlyDictionary<string, Alert> ById => _byId;

    /// <summary>Ids that the topic holds more than once.</summary>
    public HashSet<string> Duplicates { get; } = [];

    /// <summary>Critical alerts of the topic, by id and key.</summary>
    public HashSet<(string Id, string Key)> Critical { get; } = [];

    /// <summary>What alerts-priority holds, by id and key.</summary>
    public HashSet<(string Id, string Key)> Priority { get; } = [];

    /// <summary>Records of alerts-priority beyond the first of each id.</summary>
    public long PriorityRepeats { get; private set; }

    /// <summary>Alerts in another partition than their event, or under another key than their player.</summary>
    public long Misrouted { get; private set; }

    public void Read(IEnumerable<AuditRecord> alerts)
    {
        foreach (AuditRecord record in alerts)
        {
            Alert alert = Decode(Topics.Alerts, record);
            if (!_byId.TryAdd(alert.AlertId, alert))
            {
                Duplicates.Add(alert.AlertId);
            }
            if (alert.SourcePartition != record.Partition || alert.UserId != Key(record))
            {
                Misrouted++;
            }
            if (alert.Severity == AlertSeverity.Critical)
            {
                Critical.Add((alert.AlertId, Key(record)));
            }
        }
    }

    public void ReadPriority(IEnumerable<AuditRecord> copies)
    {
        foreach (AuditRecord record in copies)
        {
            if (!Priority.Add((Decode(Topics.AlertsPriority, record).AlertId, Key(record))))
            {
                PriorityRepeats++;
            }
        }
    }

    private static Alert Decode(string topic, in AuditRecord record)
        => ContractJson.TryDecode(record.Value, out Alert alert, out string error) ? alert
        : throw new UserErrorException($"A record of {topic} cannot be read: {error}.");

    private static string Key(in AuditRecord record) => record.Key is { } key ? Encoding.UTF8.GetString(key) : "";
}
