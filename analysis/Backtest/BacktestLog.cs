using System.Text;
using Game.Contracts;
using Game.Detector.Partitions;
using Game.Detector.Rules;

namespace Game.Analysis.Backtest;

/// <summary>
/// Feeds events in order to new engines, one for each partition, as a detector would get them, and remembers of each event what the judgement needs.
/// </summary>
/// <param name="partitions">Of player-events.</param>
/// <param name="partitionOf">The partition of a key.</param>
/// <param name="rules">What the detector runs with.</param>
internal sealed class BacktestLog(int partitions, Func<byte[], int> partitionOf, RuleSet rules)
{
    private readonly PartitionReplay[] _replays = [.. Enumerable.Range(0, partitions).Select(partition => new PartitionReplay(partition, rules))];
    private readonly long[] _offsets = new long[partitions];
    private readonly Dictionary<string, (int Account, byte[] Key, int Partition)> _accounts = [];
    private readonly List<string> _users = [];
    private readonly List<LoggedEvent> _events = [];
    private readonly List<RaisedAlert> _alerts = [];

    public PlayedLog Played => new(_users, _events, _alerts);

    /// <param name="value">The event.</param>
    /// <param name="encoded">Its encoding.</param>
    /// <param name="campaign">The campaign that it belongs to; null for an honest one.</param>
    public void Append(PlayerEvent value, byte[] encoded, string? campaign)
    {
        if (!_accounts.TryGetValue(value.UserId, out (int Account, byte[] Key, int Partition) known))
        {
            byte[] key = Encoding.UTF8.GetBytes(value.UserId);
            _accounts[value.UserId] = known = (_users.Count, key, partitionOf(key));
            _users.Add(value.UserId);
        }
        PartitionReplay replay = _replays[known.Partition];
        int before = replay.Alerts.Count, ignored = replay.DeadLetters + replay.Repeated;
        replay.Feed(_offsets[known.Partition]++, known.Key, encoded, value.Ts);
        if (replay.DeadLetters + replay.Repeated > ignored)
        {
            throw new InvalidDataException($"The detector takes the event {value.EventId} for no event or for a repeat.");
        }
        for (int i = before; i < replay.Alerts.Count; i++)
        {
            _alerts.Add(new RaisedAlert(_events.Count, replay.Alerts[i].Rule, replay.Alerts[i].Score));
        }
        long loss = value is TradeEvent trade ? -trade.GoldDelta - (trade.ItemDelta * trade.ItemValue) : 0;
        _events.Add(new LoggedEvent(known.Account, value.Ts, campaign, loss));
    }
}
