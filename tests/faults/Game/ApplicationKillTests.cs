using global::Game.Analysis.Audit;
using global::Game.Contracts;
using global::Game.Simulator.Load;
using global::Game.Simulator.World;
using Running;

namespace Faults.Tests.Game;

/// <summary>Detectors, sink and game servers are killed with SIGKILL at random times under load.</summary>
public sealed class ApplicationKillTests : IAsyncLifetime
{
    private const int Seed = 20260131;
    private const double Rate = 150, SecondsBefore = 3, SecondsEach = 3;
    private static readonly TimeSpan LoadTimeout = TimeSpan.FromMinutes(1);
    private GameSystem _system = null!;

    public async ValueTask InitializeAsync() => _system = await GameSystem.StartAsync();

    public ValueTask DisposeAsync() => _system is null ? ValueTask.CompletedTask : _system.DisposeAsync();

    [Fact]
    public async Task The_audits_are_equal_after_any_kills()
    {
        int kills = Rounds.Of(smoke: 3);
        double seconds = SecondsBefore + kills * SecondsEach;
        await using LoadGenerator load = _system.NewLoad();
        LivePlan plan = new(_system.World, new LivePlanOptions(seconds, Rate, TimeProvider.System.GetUtcNow().ToUnixTimeMilliseconds()));
        Task playing = load.RunAsync(plan, _ => { }, TestContext.Current.CancellationToken);
        await KillAsync(load, kills);
        await playing;
        load.Statistics.Unanswered.ShouldBe(0, "every action is answered in the end");
        await Task.WhenAll(_system.Detectors.Append(_system.Sink).Concat(_system.GameServers).Select(part => part.ReadyAsync()));
        await _system.DrainAsync();

        EventAudit events = SystemAudit.HoldsFor(_system);
        events.Undecodable.ShouldBe(0);
        Differences answered = new();
        answered.EqualSets("answered events", load.Statistics.AnsweredEventIds.ToHashSet(), "player-events", events.LivePositions.Keys.ToHashSet());
        answered.Sentences.ShouldBeEmpty();
    }

    // First one program of each kind, then random ones; each kill at a random time in its own part of the load.
    private async Task KillAsync(LoadGenerator load, int kills)
    {
        Random random = new(Seed);
        Part[] victims = [.. _system.Detectors, _system.Sink, .. _system.GameServers];
        Part[] one = [random.GetItems([.. _system.Detectors], 1)[0], _system.Sink, random.GetItems([.. _system.GameServers], 1)[0]];
        random.Shuffle(one);
        for (int kill = 0; kill < kills; kill++)
        {
            double at = SecondsBefore + (kill + random.NextDouble() * 0.8) * SecondsEach;
            await Until.HoldsAsync($"{at:F1} s of the load", LoadTimeout, () => load.Statistics.ActionsStarted >= at * Rate);
            Part victim = kill < one.Length ? one[kill] : victims[random.Next(victims.Length)];
            await victim.KillAsync();
            victim.Start();
        }
    }
}
