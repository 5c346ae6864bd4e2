using System.Diagnostics;
using Game.Contracts;
using Game.Simulator.Load;
using Game.Simulator.World;
using Geography = Game.Worlds.Geography;

namespace Game.Demo.Tests;

public sealed class LoadStatisticsTests
{
    [Fact]
    public void Actions_of_the_warm_up_are_counted_but_not_measured()
    {
        LoadStatistics statistics = new(TimeSpan.FromSeconds(1), keepAnsweredIds: true);
        LivePlan plan = new(new GameWorld(1, 600, new Geography()), new LivePlanOptions(Seconds: 2, Rate: 10, StartEpochMs: 0));
        GameAction[] actions = [.. plan.Actions()];
        foreach (GameAction action in actions)
        {
            statistics.Started(action, action.DueMs < 1000 ? TimeSpan.FromSeconds(9) : TimeSpan.FromMilliseconds(1));
            statistics.Completed(new PendingAction(action, Stopwatch.GetTimestamp()), new Answer(201, Published: true, null, 0, null));
        }

        int events = actions.Sum(action => action.Events);
        (statistics.ActionsStarted, statistics.Answered, statistics.AnsweredEventIds.Count).ShouldBe((20, events, events));
        (statistics.Latency.Count, statistics.StartLag.Count, statistics.LateShare, statistics.ValidForLatency).ShouldBe((10, 10, 0, true));
    }
}
