using Game.Detector.Rules;

namespace Game.Detector.Tests.Quality;

/// <summary>The rules against the simulator: at least 80 % of campaigns caught per scenario, under 1 % of honest players alerted.</summary>
public class QualityTests
{
    private const int FirstSeed = 101;
    private const int DefaultSeeds = 2;

    /// <summary>Two seeds, or as many as GAME_WORLDS says (<c>./game test --worlds N</c>).</summary>
    public static TheoryData<int> Seeds => [.. Enumerable.Range(FirstSeed, SeedCount)];

    private static int SeedCount
        => int.TryParse(Environment.GetEnvironmentVariable("GAME_WORLDS"), out int seeds) ? Math.Max(seeds, 1) : DefaultSeeds;

    [Theory]
    [MemberData(nameof(Seeds))]
    public void Campaigns_are_caught_and_few_honest_players_alerted(int seed)
    {
        QualityRun run = QualityRun.Of(seed, players: 1_000, seconds: 60, rate: 250, new RuleSet());
        string campaigns = string.Join(", ", run.Detection.Scenarios.Select(s => $"{s.Key} {s.Value.Caught}/{s.Value.Planted}"));
        string honest = $"{run.Detection.HonestPlayersAlerted}/{run.Detection.HonestPlayers}";
        TestContext.Current.SendDiagnosticMessage($"seed {seed}: {campaigns}, honest {honest}, history {run.HistoryAlerted}");
        run.Detection.Scenarios.Count.ShouldBe(2);
        foreach ((string scenario, (int planted, int caught)) in run.Detection.Scenarios)
        {
            planted.ShouldBeGreaterThanOrEqualTo(20);
            ((double)caught / planted).ShouldBeGreaterThanOrEqualTo(0.8, scenario);
        }

        run.HonestShare.ShouldBeLessThan(0.01);
    }
}
