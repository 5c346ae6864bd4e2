using Game.Contracts;
using Game.Detector.Partitions;
using Game.Detector.Rules;
using Game.Simulator.World;

namespace Game.Detector.Tests.Quality;

/// <summary>How the rules did on one simulated world: seven days of history, then a live load with planted campaigns.</summary>
internal sealed record QualityRun(IReadOnlyDictionary<string, (int Planted, int Caught)> Scenarios, int HonestPlayers, int HonestAlerted, int HistoryAlerted, int FalseAlerts)
{
    private const int EventsAfter = 10;
    private const long StartMs = 1_790_000_000_000;

    public double HonestShare => (double)HonestAlerted / HonestPlayers;

    public static QualityRun Of(int seed, int players, double seconds, double rate, RuleSet rules, Action<Alert, bool>? seen = null) => new Player(seed, players, seconds, rate, rules, seen).Play();

    private sealed class Player(int seed, int players, double seconds, double rate, RuleSet rules, Action<Alert, bool>? seen)
    {
        private readonly PartitionEngine engine = new(0, rules);
        private readonly EventEncoder encoder = new();
        private readonly Dictionary<string, int> liveEvents = [];
        private readonly Dictionary<string, int> firstFraud = [];
        private readonly HashSet<string> caught = [];
        private readonly HashSet<string> alerted = [];
        private readonly HashSet<string> suspects = [];
        private int falseAlerts;
        private long offset;

        public QualityRun Play()
        {
            var world = new GameWorld(seed, players, new Geography());
            var historyAlerted = new HashSet<string>();
            foreach (PlayerEvent past in new History(world).Generate(StartMs))
                historyAlerted.UnionWith(Feed(past).Select(alert => alert.UserId));
            var plan = new LivePlan(world, new LivePlanOptions(seconds, rate, StartMs));
            foreach (Campaign campaign in plan.Campaigns)
                suspects.UnionWith([campaign.Victim.UserId, .. campaign.Mules.Select(mule => mule.UserId)]);
            foreach (GameAction action in plan.Actions())
                Live(action);
            var scenarios = plan.Campaigns.GroupBy(campaign => campaign.Scenario).ToDictionary(group => group.Key, group => (group.Count(), group.Count(IsCaught)));
            return new(scenarios, players - suspects.Count, alerted.Count, historyAlerted.Count, falseAlerts);
        }

        private bool IsCaught(Campaign campaign) => caught.Contains(campaign.Victim.UserId) || campaign.Mules.Any(mule => caught.Contains(mule.UserId));

        private void Live(GameAction action)
        {
            long ts = StartMs + (long)action.DueMs;
            foreach (PlayerEvent value in SimulatedEvents.Of(action, ts))
            {
                int index = liveEvents[value.UserId] = liveEvents.GetValueOrDefault(value.UserId) + 1;
                if (action.Fraud is not null)
                    firstFraud.TryAdd(value.UserId, index);
                foreach (Alert alert in Feed(value))
                    Judge(alert, index);
            }
        }

        private void Judge(Alert alert, int index)
        {
            bool honest = !suspects.Contains(alert.UserId);
            seen?.Invoke(alert, honest);
            if (honest)
            {
                falseAlerts++;
                alerted.Add(alert.UserId);
            }
            else if (firstFraud.TryGetValue(alert.UserId, out int first) && index <= first + EventsAfter)
            {
                caught.Add(alert.UserId);
            }
        }

        private IReadOnlyList<Alert> Feed(PlayerEvent value)
            => engine.Process(System.Text.Encoding.UTF8.GetBytes(value.UserId), encoder.Encode(value), offset++).Alerts;
    }
}
