using System.Text;
using Game.Contracts;
using Game.Detector.Partitions;
using Game.Detector.Rules;

namespace Game.Analysis.Audit;

/// <summary>
/// One pass over player-events: distinct ids, live and historic; the alerts that a fresh detector raises on the same records; and where the events of campaigns
/// lie.
/// </summary>
internal sealed class EventAudit
{
    private readonly PartitionReplay[] _replays;
    private readonly EventDecoder _decoder = new();
    private readonly byte[] _historyServer;
    private readonly HashSet<string> _campaignUsers;
    private readonly Dictionary<string, List<(Guid EventId, long Offset)>> _campaignEvents = [];
    private readonly Dictionary<string, int> _partitionOfKey = [];

    /// <param name="partitions">Of player-events.</param>
    /// <param name="rules">Of the fresh detector.</param>
    /// <param name="truth">Whose events to remember.</param>
    /// <param name="historyServer">The <c>server_id</c> of events that were there before the live part.</param>
    public EventAudit(int partitions, RuleSet rules, TruthTable truth, string historyServer)
    {
        _replays = [.. Enumerable.Range(0, partitions).Select(p => new PartitionReplay(p, rules))];
        _historyServer = Encoding.UTF8.GetBytes(historyServer);
        _campaignUsers = [.. truth.Campaigns.SelectMany(campaign => campaign.Players)];
    }

    /// <summary>Ids of history's events.</summary>
    public HashSet<Guid> HistoryIds { get; } = [];

    /// <summary>Every live event's id with the partition and offset of its first appearance.</summary>
    public Dictionary<Guid, (int Partition, long Offset)> LivePlaces { get; } = [];

    /// <summary>The alerts that a fresh detector raises on the records read.</summary>
    public IEnumerable<Alert> ReplayedAlerts => _replays.SelectMany(replay => replay.Alerts);

    /// <summary>Their ids.</summary>
    public HashSet<string> ReplayedAlertIds => [.. _replays.SelectMany(replay => replay.AlertIds)];

    /// <summary>Records that are no events; there should be none.</summary>
    public long Undecodable { get; private set; }

    /// <summary>Records that a fresh detector sends to dead-letters, the undecodable among them; there should be none.</summary>
    public long DeadLetters => _replays.Sum(replay => (long)replay.DeadLetters);

    /// <summary>Live events among the dead letters.</summary>
    public long LiveDeadLetters { get; private set; }

    /// <summary>Records in another partition than the first of their key: the player's windows would be kept in two places. There should be none.</summary>
    public long Misrouted { get; private set; }

    /// <summary>The live events of a campaign's player in order.</summary>
    public IReadOnlyList<(Guid EventId, long Offset)> EventsOf(string userId)
        => _campaignEvents.TryGetValue(userId, out List<(Guid EventId, long Offset)>? events) ? events : [];

    public void Read(IEnumerable<AuditRecord> records)
    {
        foreach (AuditRecord record in records)
        {
            Read(record);
        }
    }

    private void Read(in AuditRecord record)
    {
        PartitionReplay replay = _replays[record.Partition];
        int deadBefore = replay.DeadLetters;
        replay.Feed(record.Offset, record.Key, record.Value, record.Timestamp);
        if (_decoder.Decode(record.Value, out EventView view).IsFailure)
        {
            Undecodable++;
            return;
        }

        NoteRoute(record);
        if (view.ServerId.SequenceEqual(_historyServer))
        {
            HistoryIds.Add(view.EventId);
            return;
        }

        if (!LivePlaces.TryAdd(view.EventId, (record.Partition, record.Offset)))
        {
            return;
        }
        LiveDeadLetters += replay.DeadLetters - deadBefore;
        string user = Encoding.UTF8.GetString(view.UserId);
        if (!_campaignUsers.Contains(user))
        {
            return;
        }
        if (!_campaignEvents.TryGetValue(user, out List<(Guid, long)>? events))
        {
            _campaignEvents[user] = events = [];
        }
        events.Add((view.EventId, record.Offset));
    }

    private void NoteRoute(in AuditRecord record)
    {
        string key = Encoding.UTF8.GetString(record.Key ?? []);
        if (!_partitionOfKey.TryAdd(key, record.Partition) && _partitionOfKey[key] != record.Partition)
        {
            Misrouted++;
        }
    }
}
