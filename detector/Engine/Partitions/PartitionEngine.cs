using Game.Contracts;
using Game.Detector.Alerts;
using Game.Detector.Arithmetic;
using Game.Detector.Features;
using Game.Detector.Rules;
using Game.Detector.Windows;
using Game.Detector.Scoring;

namespace Game.Detector.Partitions;

/// <summary>
/// The detector's state of one partition of <c>player-events</c>, a pure function of the records given to it in order: no clock, no randomness, no order of
/// hashes,
/// and arithmetic that rounds alike everywhere. Whoever feeds the same records gets the same alerts. One thread at a time.
/// </summary>
public sealed class PartitionEngine
{
    private const long MillisPerMinute = 60_000;
    private const long MillisPerDay = 86_400_000;

    private readonly int _partition;
    private readonly RuleSet _rules;
    private readonly AlertWriter _writer;
    private readonly PlayerTable _players = new();
    private readonly EventDecoder _decoder = new();

    /// <param name="partition">The partition's number, for alert ids.</param>
    /// <param name="rules">Parameters; not to be changed afterwards.</param>
    public PartitionEngine(int partition, RuleSet rules)
    {
        _partition = partition;
        _rules = rules;
        _writer = new AlertWriter(partition, rules);
    }

    /// <summary>Players seen so far.</summary>
    public int Players => _players.Count;

    public int Partition => _partition;

    /// <summary>
    /// Judges one record. For an event of a known player that raises no alert nothing is allocated, no lock taken, and neither network nor disk touched.
    /// </summary>
    /// <param name="key">The record's key, empty when it has none.</param>
    /// <param name="value">The record's value, empty for a tombstone; any bytes.</param>
    /// <param name="offset">The record's offset.</param>
    public Decision Process(ReadOnlySpan<byte> key, ReadOnlySpan<byte> value, long offset)
    {
        DecodeFailure failure = _decoder.Decode(value, out EventView view);
        if (failure.IsFailure)
        {
            return new(Verdict.Undecodable, failure, []);
        }
        if (!key.SequenceEqual(view.UserId))
        {
            return new(Verdict.ForeignKey, default, []);
        }

        bool isFailedLogin = view.Kind == EventKind.Login && view.Outcome != LoginOutcome.Ok;
        if (isFailedLogin && !_players.Knows(view.UserId))
        {
            return new(Verdict.Stranger, default, []);
        }
        ref PlayerState state = ref _players.Find(view.UserId, out bool isNew);
        if (state.Ring.Contains(view.EventId) && IsRepeated(view, state.Ring))
        {
            return new(Verdict.Repeated, default, []);
        }

        state.Age((uint)(view.Ts / MillisPerDay / _rules.Windows.HalfLifeDays) + 1);
        Alert? alert = view.Kind == EventKind.Login ? Login(view, ref state, offset) : Trade(view, ref state, offset);
        return new(isNew ? Verdict.NewPlayer : Verdict.Judged, default, alert is null ? [] : [alert]);
    }

    // Whoever guesses a secret chooses the ids of the attempts: the same id with another outcome, address range or device is another attempt.
    private bool IsRepeated(in EventView view, in EventRing ring)
    {
        ulong network = AddressRange.HashOf(view.Ip, _rules.Windows), device = view.DeviceId.IsEmpty ? 0 : StableHash.Of(view.DeviceId);
        for (int age = 0; age < ring.Count; age++)
        {
            ref readonly WindowEvent earlier = ref ring.FromNewest(age);
            if (earlier.EventId != view.EventId || earlier.Kind != view.Kind)
            {
                continue;
            }
            if (view.Kind == EventKind.Trade || (earlier.Outcome == view.Outcome && earlier.Network == network && earlier.Device == device))
            {
                return true;
            }
        }

        return false;
    }

    private Alert? Login(in EventView login, ref PlayerState state, long offset)
    {
        LoginFeatures features = LoginFeatures.Of(login, ref state, _rules);
        IpChangeParameters rule = _rules.IpChange;
        double score = IpChangeRule.Rate(features, rule);
        if (login.Outcome == LoginOutcome.Ok)
        {
            Learn(login, features, ref state);
            RatedLogin rated = new() { Network = features.Network, Minute = (uint)(login.Ts / MillisPerMinute), Risk = (byte)(score * byte.MaxValue) };
            RatedLogins.Remember(state.Rated, rated, _rules.WealthChange.LoginMinutes);
        }

        state.Ring.Push(new WindowEvent
        {
            EventId = login.EventId,
            Ts = login.Ts,
            Kind = EventKind.Login,
            Outcome = login.Outcome,
            Asn = login.Asn,
            Network = features.Network,
            Device = features.Device,
            Country = features.Country,
        });
        if (!Score.ShouldAlert(score, rule.AlertScore, login.Ts, rule.QuietMinutes, state.IpChange))
        {
            return null;
        }
        state.IpChange = new AlertMemory { HasAlert = true, Ts = login.Ts, Score = score };
        return _writer.Write(login, features, score, state.Ring, offset);
    }

    private Alert? Trade(in EventView trade, ref PlayerState state, long offset)
    {
        TradeFeatures features = TradeFeatures.Of(trade, ref state, _rules);
        WealthChangeParameters rule = _rules.WealthChange;
        double score = WealthChangeRule.Rate(features, rule);
        Learn(trade, features, ref state);
        state.Ring.Push(new WindowEvent
        {
            EventId = trade.EventId,
            Ts = trade.Ts,
            Kind = EventKind.Trade,
            Channel = trade.Channel,
            Gold = features.Gold,
            Items = features.Items,
            WealthAfter = features.WealthAfter,
            Counterparty = features.Counterparty,
        });
        if (!Score.ShouldAlert(score, rule.AlertScore, trade.Ts, rule.QuietMinutes, state.WealthChange))
        {
            return null;
        }
        state.WealthChange = new AlertMemory { HasAlert = true, Ts = trade.Ts, Score = score };
        return _writer.Write(trade, features, score, state.Ring, offset);
    }

    // Failed logins teach nothing: else whoever guesses passwords would make their network familiar.
    private static void Learn(in EventView login, in LoginFeatures features, ref PlayerState state)
    {
        uint minute = (uint)(login.Ts / MillisPerMinute);
        Count(ref state.Logins, 1);
        Count(ref state.NewNetworks, features.NewNetwork > 0 || state.Logins == 1 ? 1 : 0);
        Count(ref state.NewAsns, features.NewAsn > 0 || state.Logins == 1 ? 1 : 0);
        Count(ref state.NewCountries, features.NewCountry > 0 || state.Logins == 1 ? 1 : 0);
        Count(ref state.NewDevices, features.NewDevice > 0 || state.Logins == 1 ? 1 : 0);
        ref FamiliarEntry network = ref FamiliarTable.Use(state.Networks, features.Network, minute);
        network.Asn = login.Asn;
        network.Country = features.Country;
        if (features.Device != 0)
        {
            FamiliarTable.Use(state.Devices, features.Device, minute);
        }
        if (!features.HasPosition)
        {
            return;
        }
        state.HasPosition = true;
        state.Position = features.Position;
        state.PositionTs = login.Ts;
    }

    private static void Learn(in EventView trade, in TradeFeatures features, ref PlayerState state)
    {
        Count(ref state.Trades, 1);
        if (features.Gold != 0)
        {
            state.Gold.Add(features.Gold);
        }
        if (features.Items != 0)
        {
            state.Items.Add(features.Items);
        }
        state.OneSided.Add(features.Net);
        if (trade.Channel != TradeChannel.Auction)
        {
            FamiliarTable.Use(state.Partners, features.Counterparty, (uint)(trade.Ts / MillisPerMinute));
        }
    }

    private static void Count(ref ushort counter, int by)
    {
        if (counter < ushort.MaxValue)
        {
            counter += (ushort)by;
        }
    }
}
