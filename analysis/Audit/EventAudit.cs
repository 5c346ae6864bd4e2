using System.Text;
using Game.Contracts;
using Game.Detector.Partitions;
using Game.Detector.Rules;

namespace Game.Analysis.Audit;

/// <summary>
/// Reads player-events once and collects: the distinct ids of live and historic events, the alerts that a new detector raises on the same records, and the
/// events of the campaigns' players.
/// </summary>
internal sealed class EventAudit
{
    private readonly PartitionReplay[] _replays;
    private readonly EventDecoder _decoder = new();
    private readonly byte[] _historyServer;
    private readonly HashSet<string> _campaignUsers;
    private readonly Dictionary<string, List<(Guid EventId, long Offset)>> _campaignEvents = [];
    private readonly Dictionary<string, int> _partitionOfKey = [];

    /// <param name="partitions">The partition count of player-events.</param>
    /// <param name="rules">The rules of the new detector.</param>
    /// <param name="truth">The campaigns whose events to collect.</param>
    /// <param name="historyServer">The <c>server_id</c> of historic events, which were appended before the live part.</param>
    public EventAudit(int partitions, RuleSet rules, TruthTable truth, string historyServer)
    {
        _replays = [.. Enumerable.Range(0, partitions).Select(p => new PartitionReplay(p, rules))];
        _historyServer = Encoding.UTF8.GetBytes(historyServer);
        _campaignUsers = [.. truth.Campaigns.SelectMany(campaign => campaign.Players)];
    }

    /// <summary>The ids of historic events.</summary>
    public HashSet<Guid> HistoryIds { get; } = [];

    /// <summary>Every live event's id with the partition and offset of its first appearance.</summary>
    public Dictionary<Guid, (int Partition, long Offset)> LivePositions { get; } = [];

    /// <summary>The alerts that a new detector raises on the records read.</summary>
    public IEnumerable<Alert> ReplayedAlerts => _replays.SelectMany(replay => replay.Alerts);

    /// <summary>The ids of <see cref="ReplayedAlerts"/>.</summary>
    public HashSet<string> ReplayedAlertIds => [.. _replays.SelectMany(replay => replay.AlertIds)];

    /// <summary>Records that are not events; there should be none.</summary>
    public long Undecodable { get; private set; }

    /// <summary>Records that a new detector sends to dead-letters, including undecodable ones; there should be none.</summary>
    public long DeadLetters => _replays.Sum(replay => (long)replay.DeadLetters);

    /// <summary>Live events among the dead letters.</summary>
    public long LiveDeadLetters { get; private set; }

    /// <summary>
    /// Records in another partition than the first record of their key: two partitions would keep windows of the player. There should be none.
    /// </summary>
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

        CheckPartition(record);
        if (view.ServerId.SequenceEqual(_historyServer))
        {
            HistoryIds.Add(view.EventId);
            return;
        }

        if (!LivePositions.TryAdd(view.EventId, (record.Partition, record.Offset)))
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

    private void CheckPartition(in AuditRecord record)
    {
        string key = Encoding.UTF8.GetString(record.Key ?? []);
        if (!_partitionOfKey.TryAdd(key, record.Partition) && _partitionOfKey[key] != record.Partition)
        {
            Misrouted++;
        }
    }
}
