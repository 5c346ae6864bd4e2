using Broker.Protocol;
using Broker.Server.Groups.Requests;
using CsCheck;

namespace Broker.Server.Tests.Groups;

/// <summary>Members that do anything at any time: the group's promises hold all the same.</summary>
public class RandomGroupTests
{
    private static readonly string[] Names = ["a", "b", "c", "s"];

    /// <summary>What an actor does, which one, and for how long time passes then.</summary>
    private static readonly Gen<(int What, int Who, int Millis)> Steps = Gen.Select(Gen.Int[0, 11], Gen.Int[0, 3], Gen.Int[0, 4000]);

    [Fact]
    public void Promises_hold_whatever_members_do() => Steps.Array[1, 60].Sample(steps =>
    {
        using Stage stage = new();
        GroupCast group = stage.Group();
        List<Task> asked = [];
        int generation = 0;
        foreach ((int what, int who, int millis) in steps)
        {
            Step(stage, group, asked, what, Names[who]);
            stage.Pass(millis / 1000.0);
            generation = Check(stage, group, generation);
        }

        stage.Log.Holds = false;
        while (TryRelease(stage))
        {
        }

        // Nobody waits for ever: sessions end, rebalances end.
        stage.Pass(400);
        asked.ShouldAllBe(task => task.IsCompleted);
        stage.State().ShouldBeOneOf("Empty", "Dead");
        Compare(stage);
    }, iter: 60, threads: 1);

    private static void Step(Stage stage, GroupCast group, List<Task> asked, int what, string name)
    {
        Actor? actor = Known(group, name);
        switch (what)
        {
            case 0 or 1 or 2:
                group.Join(name, instance: name == "s" ? "s" : null, metadata: what == 2 ? "other" : "topic");
                asked.Add(group[name].Joining!);
                break;
            case 3 or 4 when actor?.Joining is { IsCompletedSuccessfully: true } && actor.Joined.Error == ErrorCode.None:
                actor.Generation = actor.Joined.Generation;
                group.Sync(name);
                asked.Add(actor.Syncing!);
                break;
            case 5 or 6 when actor is not null: group.Beat(name); break;
            case 7 when actor is not null:
                asked.Add(stage.Coordinator.Submit(Stage.GroupId,
                stage.Committing("topic", 1, actor.Generation, actor.Id, actor.InstanceId))); break;
            case 8 when actor is not null: group.Leave(name); break;
            case 9 when actor is not null: group.Restarts(name); break;
            case 10: stage.Log.Errors.Enqueue(ErrorCode.NotEnoughReplicas); break;
            case 11:
                stage.Log.Holds = !stage.Log.Holds;
                while (TryRelease(stage))
                {
                }

                break;
        }
    }

    private static Actor? Known(GroupCast group, string name)
    {
        try
        {
            return group[name];
        }
        catch (KeyNotFoundException)
        {
            return null;
        }
    }

    private static bool TryRelease(Stage stage)
    {
        if (!stage.Log.IsHolding)
        {
            return false;
        }

        stage.Log.Release();
        return true;
    }

    private static int Check(Stage stage, GroupCast group, int generation)
    {
        GroupDescription shown = stage.Describe();
        shown.Members.Select(member => member.MemberId).ShouldBeUnique();
        shown.Members.Where(member => member.InstanceId is not null).Select(member => member.InstanceId).ShouldBeUnique();
        if (shown.State is "Stable" or "CompletingRebalance")
        {
            shown.Members.ShouldNotBeEmpty();
        }
        if (shown.State is "Empty" or "Dead")
        {
            shown.Members.ShouldBeEmpty();
        }
        int latest = -1;
        foreach (string name in Names)
        {
            if (Known(group, name) is { Joining: { IsCompletedSuccessfully: true } joining })
            {
                latest = Math.Max(latest, Stage.Answer(joining).Generation);
            }
        }

        return Math.Max(generation, latest);
    }

    /// <summary>What is in the log is what was in memory.</summary>
    private static void Compare(Stage stage)
    {
        using Stage next = stage.Restart();
        next.Load();
        next.Committed("topic").ShouldBe(stage.Committed("topic"));
    }
}
