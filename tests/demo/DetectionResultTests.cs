using System.Text;
using Game.Analysis.Audit;
using Game.Cli.Audit;
using Game.Contracts;
using Game.Detector.Rules;
using Game.Simulator.World;

namespace Game.Demo.Tests;

/// <summary>Which campaigns count as planted and as caught, and which alerts as false.</summary>
public sealed class DetectionResultTests
{
    private const int Players = 10;
    private const double HalfADay = 43_200;
    private readonly EventEncoder _encoder = new();
    private readonly List<AuditRecord> _records = [];
    private readonly List<SimulationTruth> _truths = [];
    private readonly List<Alert> _alerts = [];

    [Theory]
    [InlineData(-1, false)] // before the first fraudulent event
    [InlineData(0, true)]
    [InlineData(10, true)]
    [InlineData(11, false)]
    public void A_campaign_is_caught_from_its_first_fraudulent_event_to_ten_events_after(int eventsAfter, bool caught)
    {
        Play("victim", 5);
        Plant("c-1", AccountTakeover.Name, Fraud("victim"), "victim", "mule");
        Play("victim", 15);
        Alert("victim", 5 + eventsAfter);
        Judge().Scenarios[AccountTakeover.Name].ShouldBe(new ScenarioResult(1, caught ? 1 : 0));
    }

    /// <summary>Events of other players in between do not count.</summary>
    [Fact]
    public void Only_the_player_s_own_events_count()
    {
        Plant("c-1", GoldDrain.Name, Fraud("victim"), "victim", "mule");
        Play("other", 50);
        Play("victim", 10);
        Alert("victim", 10);
        Judge().Scenarios[GoldDrain.Name].ShouldBe(new ScenarioResult(1, 1));
    }

    [Fact]
    public void An_alert_on_the_mule_catches_the_campaign_and_no_other()
    {
        Plant("c-1", GoldDrain.Name, Fraud("victim"), "victim", "mule");
        Plant("c-1", GoldDrain.Name, Fraud("mule"), "mule");
        Plant("c-2", GoldDrain.Name, Fraud("victim-2"), "victim-2", "mule-2");
        Alert("mule", 0);
        Judge().Scenarios[GoldDrain.Name].ShouldBe(new ScenarioResult(2, 1));
    }

    [Fact]
    public void A_campaign_without_a_fraudulent_event_is_not_planted()
    {
        Plant("c-1", AccountTakeover.Name, Guid.CreateVersion7(), "victim", "mule");
        Play("victim", 3);
        Alert("victim", 1);
        DetectionResult result = Judge();
        result.Scenarios.ShouldAllBe(scenario => scenario.Value == new ScenarioResult(0, 0));
        (result.HonestPlayers, result.HonestPlayersAlerted).ShouldBe((Players - 2, 0));
    }

    [Fact]
    public void Each_alerted_honest_player_counts_once_and_each_of_the_alerts()
    {
        Play("honest", 3);
        Play("second", 1);
        Plant("c-1", GoldDrain.Name, Fraud("victim"), "victim", "mule");
        Alert("honest", 0);
        Alert("honest", 2);
        Alert("second", 0);
        Alert("victim", 0);
        DetectionResult result = Judge();
        (result.HonestPlayers, result.HonestPlayersAlerted, result.FalseAlerts, result.AlertsOnHistory).ShouldBe((Players - 2, 2, 3, 0));
        result.PlayerDays.ShouldBe((Players - 2) / 2.0);
    }

    [Fact]
    public void Alerts_on_history_are_counted_separately_and_catch_no_campaign()
    {
        Play("honest", 1, History.ServerId);
        Play("victim", 1, History.ServerId);
        Plant("c-1", GoldDrain.Name, Fraud("victim"), "victim");
        Alert("honest", 0);
        Alert("victim", 0);
        DetectionResult result = Judge();
        (result.AlertsOnHistory, result.HonestPlayersAlerted, result.FalseAlerts, result.Scenarios[GoldDrain.Name].Caught).ShouldBe((2, 0, 0, 0));
    }

    private DetectionResult Judge()
    {
        TruthTable truth = TruthTable.Of(_truths);
        EventAudit events = new(1, new RuleSet(), truth, History.ServerId);
        events.Read(_records);
        return DetectionResult.Judge(truth, events, _alerts, Players, HalfADay);
    }

    private void Play(string user, int count, string server = "gs-1")
    {
        for (int i = 0; i < count; i++)
        {
            Append(user, server);
        }
    }

    private Guid Fraud(string user) => Append(user, "gs-1");

    private Guid Append(string user, string server)
    {
        Guid id = EventIds.ForSide(new Guid($"019ab3f0-0000-7000-8000-{_records.Count * 2:x12}"), TradeSide.First);
        LoginEvent login = new()
        {
            EventId = id,
            UserId = user,
            Ts = 1_790_000_000_000 + _records.Count,
            ServerId = server,
            SessionId = "s",
            Ip = "192.0.2.1",
            Country = "DE",
            Asn = 1,
            Lat = 50,
            Lon = 8,
            DeviceId = "d",
            ClientVersion = "1",
            Outcome = LoginOutcome.Ok,
        };
        _records.Add(new AuditRecord(0, _records.Count, Encoding.UTF8.GetBytes(user), _encoder.Encode(login).ToArray(), login.Ts));
        return id;
    }

    private void Plant(string campaign, string scenario, Guid fraud, params string[] players)
    {
        foreach (string player in players)
        {
            _truths.Add(new SimulationTruth { CampaignId = campaign, Scenario = scenario, Role = CampaignRole.Victim, UserId = player, Ts = 0 });
        }
        _truths.Add(new SimulationTruth
        {
            CampaignId = campaign, Scenario = scenario, Role = CampaignRole.Victim, UserId = players[0], EventId = fraud, Ts = 0,
        });
    }

    /// <summary>An alert on the player's n-th event.</summary>
    private void Alert(string user, int index)
    {
        AuditRecord source = _records.Where(record => Encoding.UTF8.GetString(record.Key!) == user).ElementAt(index);
        _alerts.Add(new Alert
        {
            AlertId = $"r/1/0/{source.Offset}",
            Rule = "r",
            RuleVersion = "1",
            Severity = AlertSeverity.Warning,
            Score = 1,
            UserId = user,
            EventId = AuditStory.Id(source),
            Ts = 0,
            DetectedAt = 0,
            SourceTopic = Topics.PlayerEvents,
            SourcePartition = 0,
            SourceOffset = source.Offset,
            Reason = "",
            Features = new Dictionary<string, double>(),
            WindowEvents = 1,
            WindowFrom = 0,
            WindowTo = 0,
        });
    }
}
