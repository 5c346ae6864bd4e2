using Game.Analysis.Audit;
using Game.Contracts;
using Game.Simulator.World;

namespace Game.Cli.Audit;

/// <summary>Campaigns of one scenario.</summary>
internal sealed record ScenarioResult(int Planted, int Caught);

/// <summary>Which planted campaigns the rules caught in the live part, and how many honest players they alerted.</summary>
/// <param name="Scenarios">By scenario.</param>
/// <param name="HonestPlayers">Players that the truth names in no campaign.</param>
/// <param name="HonestPlayersAlerted">Honest players with an alert on the live part.</param>
/// <param name="FalseAlerts">Alerts on honest players in the live part.</param>
/// <param name="AlertsOnHistory">Alerts on events before the live part, honest or not.</param>
/// <param name="PlayerDays">Honest players × length of the live part, in days.</param>
internal sealed record DetectionResult(
    IReadOnlyDictionary<string, ScenarioResult> Scenarios, int HonestPlayers, int HonestPlayersAlerted, int FalseAlerts, int AlertsOnHistory, double PlayerDays)
{
    /// <summary>An alert counts as catching a campaign up to this many events of the player after its first fraudulent one.</summary>
    public const int EventsAfter = 10;

    private static readonly string[] Planned = [AccountTakeover.Name, GoldDrain.Name];

    public static DetectionResult Judge(TruthTable truth, EventAudit events, IReadOnlyCollection<Alert> alerts, int players, double liveSeconds)
    {
        Alert[] live = [.. alerts.Where(alert => events.LivePositions.ContainsKey(alert.EventId))];
        ILookup<string, Alert> byUser = live.ToLookup(alert => alert.UserId);
        // A campaign without a fraudulent event does not count as planted.
        ILookup<string, PlantedCampaign> planted = truth.Campaigns.Where(campaign => campaign.FraudIds.Any(events.LivePositions.ContainsKey))
            .ToLookup(campaign => campaign.Scenario);
        Dictionary<string, ScenarioResult> scenarios = Planned.ToDictionary(name => name,
            name => new ScenarioResult(planted[name].Count(), planted[name].Count(campaign => IsCaught(campaign, events, byUser))));
        Alert[] onHonest = [.. live.Where(alert => truth.IsHonest(alert.UserId))];
        int inCampaigns = truth.Campaigns.SelectMany(campaign => campaign.Players).Distinct().Count();
        return new DetectionResult(scenarios, players - inCampaigns, onHonest.Select(alert => alert.UserId).Distinct().Count(), onHonest.Length,
            alerts.Count - live.Length, (players - inCampaigns) * liveSeconds / 86_400);
    }

    private static bool IsCaught(PlantedCampaign campaign, EventAudit events, ILookup<string, Alert> alertsByUser)
        => campaign.Players.Any(player =>
        {
            IReadOnlyList<(Guid EventId, long Offset)> own = events.EventsOf(player);
            int first = own.ToList().FindIndex(e => campaign.FraudIds.Contains(e.EventId));
            if (first < 0)
            {
                return false;
            }
            long from = own[first].Offset, to = own[Math.Min(own.Count - 1, first + EventsAfter)].Offset;
            return alertsByUser[player].Any(alert => alert.SourceOffset >= from && alert.SourceOffset <= to);
        });
}
