using System.Text;
using CsCheck;
using Game.Contracts;
using Game.Detector.Measuring;
using Game.Detector.Partitions;
using Game.Detector.Rules;

namespace Game.Detector.Tests.Partitions;

public class PartitionEngineTests
{
    [Fact]
    public void An_event_of_a_known_player_allocates_nothing()
    {
        HonestLoad load = new(players: 200, seed: 3);
        PartitionEngine engine = new(0, new RuleSet());
        long offset = 0;
        Feed(); // every player becomes known, and all code is compiled
        Feed();
        long before = GC.GetAllocatedBytesForCurrentThread();
        int alerts = Feed();
        (GC.GetAllocatedBytesForCurrentThread() - before).ShouldBe(0);
        alerts.ShouldBe(0);
        engine.Players.ShouldBe(200);

        int Feed()
        {
            int raised = 0;
            for (int i = 0; i < load.Count; i++)
            {
                raised += engine.Process(load.Key(i), load.Value(i), offset++, load.Timestamp(i)).Alerts.Count;
            }
            return raised;
        }
    }

    [Fact]
    public void Failed_logins_of_unknown_players_are_not_kept()
    {
        using PlayerStory story = new();
        story.Login(PlayerStory.Berlin, "phone", LoginOutcome.BadPassword).Verdict.ShouldBe(Verdict.UnknownPlayer);
        story.Login(PlayerStory.Berlin, "phone", LoginOutcome.Locked).Verdict.ShouldBe(Verdict.UnknownPlayer);
        story.Engine.Players.ShouldBe(0);
        story.Login(PlayerStory.Berlin, "phone").Verdict.ShouldBe(Verdict.NewPlayer);
        story.Login(PlayerStory.Berlin, "phone", LoginOutcome.BadPassword).Verdict.ShouldBe(Verdict.Judged);
        story.Engine.Players.ShouldBe(1);
    }

    [Fact]
    public void A_record_whose_key_is_not_its_user_id_is_a_dead_letter()
    {
        HonestLoad load = new(players: 1, seed: 1);
        PartitionEngine engine = new(0, new RuleSet());
        Decision decision = engine.Process("u-other"u8, load.Value(0), 0, load.Timestamp(0));
        decision.Verdict.ShouldBe(Verdict.KeyMismatch);
        decision.IsDeadLetter.ShouldBeTrue();
        decision.Reason.ShouldBe("the record's key is not the event's user_id");
        engine.Players.ShouldBe(0);
        engine.Process(default, load.Value(0), 1, load.Timestamp(0)).Verdict.ShouldBe(Verdict.KeyMismatch);
        engine.Process(load.Key(0), load.Value(0), 2, load.Timestamp(0)).Verdict.ShouldBe(Verdict.NewPlayer);
    }

    [Fact]
    public void Any_bytes_give_a_verdict_and_a_dead_letter_has_a_reason()
    {
        HonestLoad load = new(players: 2, seed: 1);
        PartitionEngine engine = new(0, new RuleSet());
        Gen<(int, byte)[]> someChanges = Gen.Select(Gen.Int[0, 400], Gen.Byte).Array[0, 4];
        Gen.Select(Gen.Int[0, load.Count - 1], someChanges, Gen.Byte.Array[0, 64], Gen.Bool).Sample((index, changes, noise, isNoise) =>
        {
            byte[] value = isNoise ? noise : load.Value(index).ToArray();
            foreach ((int at, byte with) in changes)
            {
                if (at < value.Length)
                {
                    value[at] = with;
                }
            }

            Decision decision = engine.Process(load.Key(index), value, 0, load.Timestamp(index));
            if (decision.IsDeadLetter)
            {
                decision.Reason.ShouldNotBeNullOrEmpty();
            }
        }, iter: 5_000, threads: 1);
    }

    [Fact]
    public void Times_in_any_order_give_valid_scores() => Gen.Long[0, ContractLimits.MaxTimestamp].Array[1, 60].Sample(times =>
    {
        using PlayerStory story = new();
        foreach (long ts in times)
        {
            story.After(ts - story.Now).Login(PlayerStory.Berlin, "phone").FairTrade(500, "friend");
        }
        story.AllAlerts.ShouldAllBe(alert => alert.Score >= 0 && alert.Score <= 1);
    }, iter: 200);

    [Fact]
    public void The_same_records_give_the_same_alerts_bit_for_bit()
    {
        Recording recording = Record(seed: 5);
        recording.Alerts.Count.ShouldBeGreaterThan(0);
        PartitionReplay replay = new(2, new RuleSet());
        foreach ((long offset, byte[] key, byte[] value) in recording.Records)
        {
            replay.Feed(offset, key, value, RecordedAt);
        }
        replay.Alerts.Select(Bytes).ShouldBe(recording.Alerts.Select(Bytes));
        replay.AlertIds.ShouldBe(recording.Alerts.Select(alert => alert.AlertId));
        replay.DeadLetters.ShouldBe(1);
        replay.Repeated.ShouldBe(1);

        static string Bytes(Alert alert) => Encoding.UTF8.GetString(ContractJson.Encode(alert));
    }

    [Fact]
    public void Other_players_in_between_change_no_alert()
    {
        Recording recording = Record(seed: 5);
        Alert alert = recording.Alerts[0];
        PartitionEngine alone = new(2, new RuleSet());
        List<Alert> alerts = new();
        foreach ((long offset, byte[] key, byte[] value) in recording.Records.Where(record => Encoding.UTF8.GetString(record.Key) == alert.UserId))
        {
            alerts.AddRange(alone.Process(key, value, offset, RecordedAt).Alerts);
        }
        alerts.Select(a => a.AlertId).ShouldBe(recording.Alerts.Where(a => a.UserId == alert.UserId).Select(a => a.AlertId));
    }

    /// <summary>After all events of a recording.</summary>
    private const long RecordedAt = 1_800_000_000_000;

    private sealed record Recording(List<(long Offset, byte[] Key, byte[] Value)> Records, List<Alert> Alerts);

    // An honest load, then its first players log in from far away with unknown devices; one record is malformed and one repeated.
    private static Recording Record(int seed)
    {
        HonestLoad load = new(players: 50, seed);
        PartitionEngine engine = new(2, new RuleSet());
        Recording recording = new([], []);
        for (int i = 0; i < load.Count; i++)
        {
            Feed(load.Key(i).ToArray(), load.Value(i).ToArray());
        }
        using EventEncoder encoder = new();
        for (int player = 0; player < 10; player++)
        {
            Feed(Encoding.UTF8.GetBytes($"u-{player:D7}"), encoder.Encode(Takeover(player)).ToArray());
        }
        Feed(Encoding.UTF8.GetBytes("u-0000000"), encoder.Encode(Takeover(0)).ToArray());
        Feed("u-0000001"u8.ToArray(), "{}"u8.ToArray());
        return recording;

        void Feed(byte[] key, byte[] value)
        {
            long offset = recording.Records.Count * 2L;
            recording.Records.Add((offset, key, value));
            recording.Alerts.AddRange(engine.Process(key, value, offset, RecordedAt).Alerts);
        }
    }

    private static LoginEvent Takeover(int player) => new()
    {
        EventId = new Guid(player, 1, 0x7000, 0x80, 0, 0, 0, 0, 0, 0, 1),
        UserId = $"u-{player:D7}",
        Ts = 1_790_050_000_000,
        ServerId = "gs-2",
        SessionId = "s-x",
        Ip = "2001:db8::7",
        Country = "AU",
        Asn = 65_000,
        Lat = -33.87,
        Lon = 151.21,
        DeviceId = "burner",
        ClientVersion = "4.2.0",
        Outcome = LoginOutcome.Ok,
    };
}
