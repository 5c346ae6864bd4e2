using System.Text;
using Game.Analysis.Audit;
using Game.Cli.Audit;
using Game.Contracts;
using Game.Detector.Rules;
using Game.Simulator.World;
using Geography = Game.Worlds.Geography;

namespace Game.Detector.Tests.Quality;

/// <summary>
/// The result of the rules on one simulated world: seven days of history, then a live load with planted campaigns. Computed like that of a demo's report.
/// </summary>
/// <param name="Detection">The result on the live part.</param>
/// <param name="HistoryAlerted">Players with an alert on history.</param>
internal sealed record QualityRun(DetectionResult Detection, int HistoryAlerted)
{
    private const long StartMs = 1_790_000_000_000;

    public double HonestShare => (double)Detection.HonestPlayersAlerted / Detection.HonestPlayers;

    public static QualityRun Of(int seed, int players, double seconds, double rate, RuleSet rules)
    {
        GameWorld world = new(seed, players, new Geography());
        Log log = new();
        foreach (PlayerEvent past in new History(world, StartMs).Events())
        {
            log.Append(past);
        }
        LivePlan plan = new(world, new LivePlanOptions(seconds, rate, StartMs));
        List<SimulationTruth> truths = new();
        foreach (GameAction action in plan.Actions())
        {
            truths.AddRange(plan.Truths(action));
            foreach (PlayerEvent live in SimulatedEvents.Of(action, StartMs + (long)action.DueMs))
            {
                log.Append(live);
            }
        }

        TruthTable truth = TruthTable.Of(truths);
        EventAudit events = new(partitions: 1, rules, truth, History.ServerId);
        events.Read(log.Records);
        Alert[] alerts = [.. events.ReplayedAlerts];
        int historyAlerted = alerts.Where(alert => !events.LivePositions.ContainsKey(alert.EventId)).Select(alert => alert.UserId).Distinct().Count();
        return new(DetectionResult.Judge(truth, events, alerts, players, seconds), historyAlerted);
    }

    private sealed class Log
    {
        private readonly EventEncoder _encoder = new();

        public List<AuditRecord> Records { get; } = [];

        public void Append(PlayerEvent one)
            => Records.Add(new AuditRecord(0, Records.Count, Encoding.UTF8.GetBytes(one.UserId), _encoder.Encode(one).ToArray(), one.Ts));
    }
}
