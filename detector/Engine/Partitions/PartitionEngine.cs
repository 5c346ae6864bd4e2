using System.Security.Cryptography;
using Game.Contracts;
using Game.Detector.Alerts;
using Game.Detector.Arithmetic;
using Game.Detector.Features;
using Game.Detector.Rules;
using Game.Detector.Scoring;
using Game.Detector.Windows;

namespace Game.Detector.Partitions;

/// <summary>
/// The detector's state of one partition of <c>player-events</c>, a pure function of the records given to it in order: no clock, no randomness, no order of
/// hashes, and arithmetic that rounds alike everywhere. The same records give the same alerts. Only one thread at a time may call it.
/// </summary>
public sealed class PartitionEngine
{
    private const long MillisPerMinute = 60_000;
    private const long MillisPerDay = 86_400_000;

    // The key may be random: the engine only compares hashes within this process, so no alert depends on it.
    private static readonly EventContent Contents = new(BitConverter.ToUInt128(RandomNumberGenerator.GetBytes(16)));

    private readonly RuleSet _rules;
    private readonly AlertWriter _writer;
    private readonly PlayerTable _players = new();
    private readonly EventDecoder _decoder = new();

    /// <param name="partition">The partition's number, for alert ids.</param>
    /// <param name="rules">The rules' parameters; do not change them afterwards.</param>
    public PartitionEngine(int partition, RuleSet rules)
    {
        Partition = partition;
        _rules = rules;
        _writer = new AlertWriter(partition, rules);
    }

    /// <summary>What the engine knows of an event before the rules judge it.</summary>
    /// <param name="Offset">Its record's offset.</param>
    /// <param name="Content">The hash of its content.</param>
    /// <param name="IsMisdated">Its time cannot be right: it is judged, but the player's state keeps nothing of it.</param>
    private readonly record struct Arrival(long Offset, ulong Content, bool IsMisdated);

    /// <summary>Players seen so far.</summary>
    public int Players => _players.Count;

    public int Partition { get; }

    /// <summary>
    /// Judges one record. For an event of a known player that raises no alert it allocates nothing, takes no lock, and uses neither network nor disk.
    /// </summary>
    /// <param name="key">The record's key, empty when it has none.</param>
    /// <param name="value">The record's value, empty for a tombstone; any bytes.</param>
    /// <param name="offset">The record's offset.</param>
    /// <param name="timestamp">The record's timestamp, epoch milliseconds; any number, −1 where there is none.</param>
    public Decision Process(ReadOnlySpan<byte> key, ReadOnlySpan<byte> value, long offset, long timestamp)
    {
        DecodeFailure failure = _decoder.Decode(value, out EventView view);
        if (failure.IsFailure)
        {
            return new(Verdict.Undecodable, failure, []);
        }

        if (!key.SequenceEqual(view.UserId))
        {
            return new(Verdict.KeyMismatch, default, []);
        }

        bool isMisdated = EventTime.IsMisdated(view.Ts, timestamp);
        bool isFailedLogin = view.Kind == EventKind.Login && view.Outcome != LoginOutcome.Ok;
        if ((isFailedLogin || isMisdated) && !_players.Knows(view.UserId))
        {
            return new(isMisdated ? Verdict.Misdated : Verdict.UnknownPlayer, default, []);
        }

        ref PlayerState state = ref _players.Find(view.UserId, out bool isNew);
        Arrival arrival = new(offset, Contents.HashOf(view), isMisdated);
        if (state.Ring.HasContent(arrival.Content))
        {
            return new(Verdict.Repeated, default, []);
        }

        if (isMisdated)
        {
            return new(Verdict.Misdated, default, JudgeMisdated(view, ref state, arrival, timestamp));
        }

        state.Age((uint)(view.Ts / MillisPerDay / _rules.Windows.HalfLifeDays) + 1);
        return new(isNew ? Verdict.NewPlayer : Verdict.Judged, default, Judge(view, ref state, arrival));
    }

    // Judges the event as if it had happened at its record's timestamp, or at the time of the player's newest event, if that is later.
    private Alert[] JudgeMisdated(in EventView view, ref PlayerState state, in Arrival arrival, long timestamp)
    {
        EventView redated = view;
        redated.Ts = Math.Min(Math.Max(timestamp, state.Ring.FromNewest(0).Ts), ContractLimits.MaxTimestamp);
        Alert[] alerts = Judge(redated, ref state, arrival);
        for (int i = 0; i < alerts.Length; i++)
        {
            alerts[i] = alerts[i] with { Ts = view.Ts };
        }

        return alerts;
    }

    private Alert[] Judge(in EventView view, ref PlayerState state, in Arrival arrival)
    {
        int reused = state.Ring.AgeOf(view.EventId);
        Alert? reuse = reused < 0 ? null : JudgeReuse(view, ref state, arrival, reused);
        Alert? alert = view.Kind == EventKind.Login ? JudgeLogin(view, ref state, arrival) : JudgeTrade(view, ref state, arrival);
        return (reuse, alert) switch
        {
            (null, null) => [],
            (null, { } one) => [one],
            ({ } one, null) => [one],
            ({ } one, { } two) => [one, two],
        };
    }

    private Alert? JudgeReuse(in EventView view, ref PlayerState state, in Arrival arrival, int age)
    {
        double score = ScoreSteps.Round(_rules.ReusedId.Score);
        Finding finding = FindingOf(view, FindingKind.ReusedId, StableHash.Of(view.EventId), score, arrival);
        return score > 0 && QuietTimes.TryRaise(state.Quiet, finding, _rules.ReusedId.QuietMinutes)
            ? _writer.WriteReuse(view, age, score, state.Ring, arrival.Offset)
            : null;
    }

    private Alert? JudgeLogin(in EventView login, ref PlayerState state, in Arrival arrival)
    {
        LoginFeatures features = LoginFeatures.Of(login, ref state, _rules);
        IpChangeParameters rule = _rules.IpChange;
        double score = IpChangeRule.Rate(features, rule);
        bool succeeded = login.Outcome == LoginOutcome.Ok;
        if (succeeded && !arrival.IsMisdated)
        {
            Baseline.Add(login, features, ref state);
            RatedLogin rated = new() { Network = features.Network, Minute = (uint)(login.Ts / MillisPerMinute), Risk = (byte)(score * byte.MaxValue) };
            RatedLogins.Remember(state.Rated, rated, _rules.WealthChange.LoginMinutes);
        }

        if (!arrival.IsMisdated)
        {
            state.Ring.Push(login.EventId, arrival.Content, new WindowEvent { Ts = login.Ts, Kind = EventKind.Login, Outcome = login.Outcome });
        }

        Finding finding = FindingOf(login, succeeded ? FindingKind.Login : FindingKind.FailedLogin, features.Network, score, arrival);
        return score >= rule.AlertScore && QuietTimes.TryRaise(state.Quiet, finding, rule.QuietMinutes)
            ? _writer.Write(login, features, score, state.Ring, arrival.Offset)
            : null;
    }

    private Alert? JudgeTrade(in EventView trade, ref PlayerState state, in Arrival arrival)
    {
        TradeFeatures features = TradeFeatures.Of(trade, ref state, _rules);
        WealthChangeParameters rule = _rules.WealthChange;
        double score = WealthChangeRule.Rate(features, rule);
        if (!arrival.IsMisdated)
        {
            Baseline.Add(trade, features, ref state);
            WindowEvent remembered = new() { Ts = trade.Ts, Kind = EventKind.Trade, Gold = features.Gold, Items = features.Items };
            state.Ring.Push(trade.EventId, arrival.Content, remembered);
        }

        ulong subject = StableHash.Of(features.Counterparty, features.Network);
        Finding finding = FindingOf(trade, features.Net < 0 ? FindingKind.Loss : FindingKind.Gain, subject, score, arrival);
        return score >= rule.AlertScore && QuietTimes.TryRaise(state.Quiet, finding, rule.QuietMinutes)
            ? _writer.Write(trade, features, score, state.Ring, arrival.Offset)
            : null;
    }

    private static Finding FindingOf(in EventView view, FindingKind kind, ulong subject, double score, in Arrival arrival) => new()
    {
        Kind = kind,
        Subject = subject,
        Minute = (uint)(view.Ts / MillisPerMinute),
        Score = ScoreSteps.Of(score),
        IsMisdated = arrival.IsMisdated,
    };
}
