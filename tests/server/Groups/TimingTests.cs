using Broker.Protocol;
using Broker.Server.Groups.State;

namespace Broker.Server.Tests.Groups;

/// <summary>Sessions, delays and time-outs, by a clock that the test moves.</summary>
public sealed class TimingTests : IDisposable
{
    private readonly Stage _stage = new();

    public void Dispose() => _stage.Dispose();

    [Fact]
    public void A_silent_member_is_lost_after_its_session_and_the_others_take_over()
    {
        GroupCast group = _stage.Group().Join("a", sessionMs: 6000).Join("b", sessionMs: 6000).IsStable(1);
        group.BeatFor(3, "a", "b");
        group.BeatFor(5, "a");
        group.Beat("a").ShouldBe(ErrorCode.None);
        group.BeatFor(2, "a");
        group.Beat("a").ShouldBe(ErrorCode.RebalanceInProgress);
        group.Join("a");
        group["a"].Joined.Generation.ShouldBe(2);
        group.Beat("b").ShouldBe(ErrorCode.UnknownMemberId);
    }

    [Fact]
    public void Heartbeats_and_commits_and_syncs_keep_a_session()
    {
        GroupCast group = _stage.Group().Join("a", sessionMs: 6000).IsStable(1);
        for (int i = 0; i < 5; i++)
        {
            _stage.Pass(5);
            group.Beat("a").ShouldBe(ErrorCode.None);
            _stage.Pass(5);
            group.Commit("a", "topic", i).ShouldBe(ErrorCode.None);
            _stage.Pass(5);
            group.Sync("a");
        }

        group["a"].Synced.Error.ShouldBe(ErrorCode.None);
        _stage.Pass(6.1);
        group.Beat("a").ShouldBe(ErrorCode.UnknownMemberId);
        _stage.State().ShouldBe("Empty");
    }

    [Fact]
    public void A_session_is_not_over_before_its_time()
    {
        GroupCast group = _stage.Group().Join("a", sessionMs: 6000).IsStable(1);
        _stage.Pass(5.9);
        group.Beat("a").ShouldBe(ErrorCode.None);
        _stage.Pass(5.9);
        _stage.State().ShouldBe("Stable");
        _stage.Pass(0.2);
        _stage.State().ShouldBe("Empty");
    }

    [Fact]
    public void Who_waits_for_others_is_not_lost()
    {
        GroupCast group = _stage.Group().Join("a", sessionMs: 6000, rebalanceMs: 300_000).Join("b", sessionMs: 60_000, rebalanceMs: 300_000).IsStable(1);
        group.Join("a", sessionMs: 6000, rebalanceMs: 300_000, metadata: "other");
        _stage.Pass(30);
        group["a"].Joining!.IsCompleted.ShouldBeFalse();
        group.Join("b", sessionMs: 60_000, rebalanceMs: 300_000).CompletesGeneration(2);
        string follower = group["a"].Leads ? "b" : "a";
        group.Sync(follower);
        group.BeatFor(20, group["a"].Leads ? "a" : "b");
        group.Sync(group["a"].Leads ? "a" : "b");
        group[follower].Synced.Error.ShouldBe(ErrorCode.None, "it waited for the leader");
    }

    [Fact]
    public void A_member_lost_while_a_rebalance_is_prepared_does_not_hold_it_up()
    {
        GroupCast group = _stage.Group().Join("a", sessionMs: 6000, rebalanceMs: 300_000).Join("b", sessionMs: 6000, rebalanceMs: 300_000).IsStable(1);
        group.Join("a", sessionMs: 6000, rebalanceMs: 300_000, metadata: "other");
        _stage.Pass(6.2);
        group["a"].Joined.Generation.ShouldBe(2);
        _stage.Describe().Members.Count.ShouldBe(1);
    }

    [Fact]
    public void A_heartbeat_during_a_rebalance_keeps_the_session()
    {
        GroupCast group = _stage.Group().Join("a", sessionMs: 6000, rebalanceMs: 30_000).IsStable(1).Join("b", rebalanceMs: 30_000);
        for (int i = 0; i < 5; i++)
        {
            _stage.Pass(5);
            group.Beat("a").ShouldBe(ErrorCode.RebalanceInProgress);
        }

        group.Join("a", rebalanceMs: 30_000).IsStable(2);
    }

    [Fact]
    public void A_new_member_whose_client_gave_up_goes_after_five_minutes()
    {
        GroupCast group = _stage.Group().Join("a", sessionMs: 1_000_000, rebalanceMs: 1_000_000).IsStable(1);
        group.Join("b", sessionMs: 1_000_000, rebalanceMs: 1_000_000);
        _stage.Pass(299);
        group["b"].Joining!.IsCompleted.ShouldBeFalse();
        _stage.Pass(2);
        group["b"].Joined.Error.ShouldBe(ErrorCode.UnknownMemberId);
        _stage.Describe().Members.Count.ShouldBe(1);
    }

    [Fact]
    public void Members_that_do_not_sync_in_time_are_removed()
    {
        GroupCast group = _stage.Group().Join("a", rebalanceMs: 15_000).Join("b", rebalanceMs: 20_000).CompletesGeneration(1);
        string leader = group["a"].Leads ? "a" : "b";
        string follower = leader == "a" ? "b" : "a";
        group.Sync(leader);
        group.BeatFor(19, leader, follower);
        _stage.State().ShouldBe("Stable");
        group.BeatFor(2, leader, follower);
        _stage.State().ShouldBe("PreparingRebalance");
        group.Beat(follower).ShouldBe(ErrorCode.UnknownMemberId);
        group.Forget(follower).Join(leader).CompletesGeneration(2);
    }

    [Fact]
    public void A_leader_that_never_assigns_is_removed()
    {
        GroupCast group = _stage.Group().Join("a", rebalanceMs: 20_000).Join("b", rebalanceMs: 20_000).CompletesGeneration(1);
        string leader = group["a"].Leads ? "a" : "b";
        string follower = leader == "a" ? "b" : "a";
        group.Sync(follower).BeatFor(21, leader);
        group[follower].Synced.Error.ShouldBe(ErrorCode.RebalanceInProgress);
        group.Forget(leader).Join(follower).IsStable(2);
        group[follower].Leads.ShouldBeTrue();
    }

    [Fact]
    public void An_empty_group_waits_a_delay_for_first_members()
    {
        using Stage stage = new(new GroupLimits { InitialRebalanceDelayMs = 3000, TopicPartitions = 1 });
        GroupCast group = stage.Group().Join("a");
        stage.Pass(2.9);
        group["a"].Joining!.IsCompleted.ShouldBeFalse();
        stage.Pass(0.2);
        group["a"].Joined.Generation.ShouldBe(1);
    }

    [Fact]
    public void Every_newcomer_extends_the_delay_up_to_the_rebalance_time_out()
    {
        using Stage stage = new(new GroupLimits { InitialRebalanceDelayMs = 3000, TopicPartitions = 1 });
        GroupCast group = stage.Group().Join("m0", rebalanceMs: 7000);
        for (int i = 1; i <= 6; i++)
        {
            stage.Pass(1);
            group.Join($"m{i}", rebalanceMs: 7000);
            group["m0"].Joining!.IsCompleted.ShouldBeFalse($"after {i} s");
        }

        stage.Pass(0.9);
        group["m0"].Joining!.IsCompleted.ShouldBeFalse();
        stage.Pass(0.2);
        group.CompletesGeneration(1);
        stage.Describe().Members.Count.ShouldBe(7);
    }

    [Fact]
    public void Only_the_very_first_delay_is_extended()
    {
        using Stage stage = new(new GroupLimits { InitialRebalanceDelayMs = 3000, TopicPartitions = 1 });
        GroupCast group = stage.Group().Join("a");
        stage.Pass(3.1);
        group["a"].Generation = group["a"].Joined.Generation;
        group.Leave("a").ShouldBe(ErrorCode.None);
        group.Join("b");
        stage.Pass(2);
        group.Join("c");
        stage.Pass(1.1);
        group.CompletesGeneration(3);
    }

    [Fact]
    public void Sessions_out_of_bounds_are_known_by_the_limits()
    {
        _stage.Coordinator.Limits.MinSessionTimeoutMs.ShouldBe(6000);
        _stage.Coordinator.Limits.MaxSessionTimeoutMs.ShouldBe(1_800_000);
    }

    [Fact]
    public void One_timer_serves_a_group_and_heartbeats_do_not_touch_it()
    {
        GroupCast group = _stage.Group().Join("a").Join("b").Join("c").IsStable(1);
        int armed = _stage.TimersArmed;
        for (int i = 0; i < 100; i++)
        {
            group.Beat("a");
        }
        _stage.TimersArmed.ShouldBe(armed);
        armed.ShouldBe(2, "the group's, and the coordinator's for the expiry of offsets");
    }
}
