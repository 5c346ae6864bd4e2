using Game.Analysis.Backtest;
using Game.Cli.Cluster;
using Game.Contracts;
using Game.Detector.Rules;
using Game.Worlds;
using Game.Worlds.Timeline;

namespace Game.Cli.Backtest;

/// <summary>What is played, and what judges it.</summary>
/// <param name="FirstSeed">Number of the first world.</param>
/// <param name="Worlds">How many.</param>
/// <param name="Players">Of each world.</param>
/// <param name="Days">Length of each world.</param>
/// <param name="Partitions">Of player-events.</param>
/// <param name="AreOutside">Whether the worlds lie outside the ranges of those that detection is trained with.</param>
/// <param name="Scenarios">The kinds of fraud in turn.</param>
/// <param name="Configurations">What detectors run with, by name.</param>
internal sealed record BacktestOptions(int FirstSeed, int Worlds, int Players, int Days, int Partitions, bool AreOutside, IReadOnlyList<string> Scenarios,
    IReadOnlyList<(string Name, RuleSet Rules)> Configurations);

/// <summary>Plays worlds and judges what detectors say of them. The detectors' engine is the live one.</summary>
internal sealed class WorldBacktest(BacktestOptions options)
{
    private const string ServerId = "gs-1";

    /// <summary>A Monday, epoch milliseconds.</summary>
    private const long StartMs = 1_789_948_800_000;

    /// <summary>Plays all worlds, several at once.</summary>
    /// <param name="played">Called after each world, with the number of worlds so far.</param>
    /// <param name="cancellation">Ends it between two worlds.</param>
    /// <returns>One result for each configuration.</returns>
    public IReadOnlyList<BacktestResult> Run(Action<int> played, CancellationToken cancellation)
    {
        Judgement[][] worlds = new Judgement[options.Worlds][];
        int done = 0;
        Parallel.For(0, options.Worlds, new ParallelOptions { CancellationToken = cancellation, MaxDegreeOfParallelism = Environment.ProcessorCount }, world =>
        {
            worlds[world] = Judge(options.FirstSeed + world);
            played(Interlocked.Increment(ref done));
        });
        return [.. options.Configurations.Select((configuration, i) => BacktestResult.Of(configuration.Name, [.. worlds.Select(world => world[i])]))];
    }

    private Judgement[] Judge(int seed)
    {
        Period period = new(StartMs, StartMs + options.Days * Period.DayMs);
        WorldSettings settings = WorldSettings.Draw(seed, options.AreOutside);
        GameWorld world = new(settings, seed, options.Players, new Geography(), period);
        int campaigns = Math.Max(1, (int)Math.Round(settings.Prevalence * options.Players));
        WorldTimeline timeline = new(world, period, campaigns, options.Scenarios);
        int PartitionOf(byte[] key) => KeyPartition.Of(key, options.Partitions);
        BacktestLog[] logs = [.. options.Configurations.Select(one => new BacktestLog(options.Partitions, PartitionOf, one.Rules))];
        Play(timeline, new ActionEvents(ServerId, world.Located), logs);
        Dictionary<string, string> kinds = world.Players.ToDictionary(player => player.UserId, player => player.Kind.ToString(), StringComparer.Ordinal);
        TrueCampaign[] truth = [.. timeline.Campaigns.Select(campaign => new TrueCampaign(campaign.Id, campaign.Scenario,
            [.. campaign.Cast.Select(member => member.Player.UserId)],
            [.. campaign.Cast.Where(member => member.Role == CampaignRole.Victim).Select(member => member.Player.UserId)]))];
        return [.. logs.Select(log => Judgement.Of(log.Played, truth, user => kinds[user]))];
    }

    private static void Play(WorldTimeline timeline, ActionEvents events, IReadOnlyList<BacktestLog> logs)
    {
        using EventEncoder encoder = new();
        foreach (GameAction action in timeline.Play())
        {
            foreach (PlayerEvent value in events.Of(action))
            {
                byte[] encoded = encoder.Encode(value).ToArray();
                foreach (BacktestLog log in logs)
                {
                    log.Append(value, encoded, action.Fraud?.CampaignId);
                }
            }
        }
    }
}
