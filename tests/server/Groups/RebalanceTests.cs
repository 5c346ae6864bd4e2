using Broker.Protocol;
using Broker.Server.Groups.Requests;
using Broker.Server.Groups.State;

namespace Broker.Server.Tests.Groups;

/// <summary>Generations: who is in them, what they agree on, and what makes the next.</summary>
public sealed class RebalanceTests : IDisposable
{
    private readonly Stage _stage = new();

    public void Dispose() => _stage.Dispose();

    [Fact]
    public void Two_members_make_a_generation_and_get_their_assignments()
    {
        GroupCast group = _stage.Group().Join("a").Join("b").IsStable(1);
        Actor leader = group["a"].Leads ? group["a"] : group["b"];
        leader.Joined.Members.Select(member => member.MemberId).ShouldBe([group["a"].Id, group["b"].Id], ignoreOrder: true);
        group["a"].Joined.LeaderId.ShouldBe(group["b"].Joined.LeaderId);
        new[] { group["a"], group["b"] }.Count(actor => actor.Joined.Members.Count > 0).ShouldBe(1);
        GroupDescription shown = _stage.Describe();
        shown.Protocol.ShouldBe("range");
        shown.Members.Select(member => member.ClientId).ShouldBe(["a", "b"], ignoreOrder: true);
        shown.Members.ShouldAllBe(member => member.Metadata.Length > 0 && member.Assignment.Length == 1 && member.ClientHost == "/127.0.0.1");
    }

    [Fact]
    public void A_modern_member_is_given_its_id_first()
    {
        GroupCast group = _stage.Group();
        Actor actor = new("a", instanceId: null);
        JoinResult told = _stage.Ask(group.Joining(actor));
        told.Error.ShouldBe(ErrorCode.MemberIdRequired);
        told.MemberId.ShouldStartWith("a-");
        told.Generation.ShouldBe(-1);
        told.LeaderId.ShouldBe("");
        _stage.Describe().Members.ShouldBeEmpty();
        group.Join("a").CompletesGeneration(1);
    }

    [Fact]
    public void A_newcomer_has_everybody_join_again_and_waits_for_them()
    {
        GroupCast group = _stage.Group().Join("a").IsStable(1).Join("b");
        _stage.State().ShouldBe("PreparingRebalance");
        group.Beat("a").ShouldBe(ErrorCode.RebalanceInProgress);
        group["b"].Joining!.IsCompleted.ShouldBeFalse();
        group.Join("a").IsStable(2);
    }

    [Fact]
    public void Members_that_do_not_come_back_in_time_are_left_behind()
    {
        GroupCast group = _stage.Group().Join("a", sessionMs: 600_000, rebalanceMs: 20_000).Join("b", sessionMs: 600_000,
            rebalanceMs: 30_000).IsStable(1).Join("c");
        group.Join("a");
        _stage.Pass(29);
        group["a"].Joining!.IsCompleted.ShouldBeFalse("the longest of the rebalance time-outs counts, of the members there were");
        _stage.Pass(31.5);
        group["a"].Joined.Generation.ShouldBe(2);
        group["c"].Joined.Generation.ShouldBe(2);
        _stage.Describe().Members.Select(member => member.ClientId).ShouldBe(["a", "c"], ignoreOrder: true);
        group.Beat("b").ShouldBe(ErrorCode.UnknownMemberId);
    }

    [Fact]
    public void A_leader_that_is_left_behind_is_replaced_by_one_who_came()
    {
        GroupCast group = _stage.Group().Join("a").Join("b").IsStable(1);
        string leader = group["a"].Leads ? "a" : "b";
        string other = leader == "a" ? "b" : "a";
        group.Leave(leader).ShouldBe(ErrorCode.None);
        group.Join(other).CompletesGeneration(2);
        group[other].Leads.ShouldBeTrue();
        group.Sync().IsStable(2);
    }

    [Fact]
    public void The_last_one_leaves_an_empty_generation_behind_that_is_stored()
    {
        GroupCast group = _stage.Group().Join("a").IsStable(1);
        group.Leave("a").ShouldBe(ErrorCode.None);
        _stage.State().ShouldBe("Empty");
        using Stage next = _stage.Restart();
        next.Load().State().ShouldBe("Empty");
        next.Group().Join("b").CompletesGeneration(3);
    }

    [Fact]
    public void The_protocol_is_what_all_know_and_most_put_first()
    {
        GroupCast group = _stage.Group().Join("a", "range,sticky,round").Join("b", "round,range").Join("c", "round,range,other").CompletesGeneration(1);
        group["a"].Joined.ProtocolName.ShouldBe("round");
        group.Sync();
        group.Join("d", "other,range").Join("a", "range,sticky,round").Join("b", "round,range").Join("c", "round,range,other").CompletesGeneration(2);
        group["d"].Joined.ProtocolName.ShouldBe("range");
    }

    [Fact]
    public void Of_protocols_with_equal_votes_any_is_chosen_and_all_hear_the_same()
    {
        GroupCast group = _stage.Group().Join("a", "x,y").Join("b", "y,x").CompletesGeneration(1);
        group["a"].Joined.ProtocolName.ShouldBe(group["b"].Joined.ProtocolName);
    }

    [Fact]
    public void A_member_whose_first_answer_was_lost_gets_it_again()
    {
        GroupCast group = _stage.Group().Join("a").Join("b").CompletesGeneration(1);
        Actor leader = group["a"].Leads ? group["a"] : group["b"];
        JoinResult again = _stage.Ask(group.Joining(leader));
        again.Generation.ShouldBe(1);
        again.Members.Count.ShouldBe(2);
        _stage.State().ShouldBe("CompletingRebalance");
    }

    [Fact]
    public void Changed_protocols_make_a_rebalance_in_every_state()
    {
        GroupCast group = _stage.Group().Join("a").Join("b").CompletesGeneration(1);
        string follower = group["a"].Leads ? "b" : "a";
        string leader = group["a"].Leads ? "a" : "b";
        group.Sync(follower);
        group.Join(leader, metadata: "other");
        group[follower].Synced.Error.ShouldBe(ErrorCode.RebalanceInProgress, "who waited for the old assignment joins again");
        group.Join(follower).IsStable(2);
        group.Join(follower, metadata: "third");
        _stage.State().ShouldBe("PreparingRebalance");
        group.Join(leader, metadata: "other").IsStable(3);
    }

    [Fact]
    public void A_follower_that_joins_again_unchanged_disturbs_nobody()
    {
        GroupCast group = _stage.Group().Join("a").Join("b").IsStable(1);
        string follower = group["a"].Leads ? "b" : "a";
        group.Join(follower);
        group[follower].Joined.Generation.ShouldBe(1);
        group[follower].Joined.Members.ShouldBeEmpty();
        _stage.State().ShouldBe("Stable");
    }

    [Fact]
    public void The_first_of_two_joins_of_one_member_is_given_up()
    {
        GroupCast group = _stage.Group().Join("a").IsStable(1).Join("b");
        group.Join("b");
        Task<JoinResult> first = group["b"].Joining!;
        group.Join("b");
        Stage.Answer(first).Error.ShouldBe(ErrorCode.RebalanceInProgress);
        group.Join("a").IsStable(2);
    }

    [Fact]
    public void Nobody_has_an_assignment_before_it_is_stored()
    {
        GroupCast group = _stage.Group().Join("a").Join("b").CompletesGeneration(1);
        _stage.Log.Holds = true;
        group.Sync();
        group["a"].Syncing!.IsCompleted.ShouldBeFalse();
        _stage.State().ShouldBe("CompletingRebalance");
        _stage.Log.Release();
        group["a"].Synced.Assignment.ShouldBe(Stage.Bytes("a"));
        _stage.State().ShouldBe("Stable");
    }

    [Theory]
    [InlineData(ErrorCode.NotLeaderOrFollower, ErrorCode.NotCoordinator)]
    [InlineData(ErrorCode.KafkaStorageError, ErrorCode.NotCoordinator)]
    [InlineData(ErrorCode.UnknownTopicOrPartition, ErrorCode.CoordinatorNotAvailable)]
    [InlineData(ErrorCode.NotEnoughReplicas, ErrorCode.CoordinatorNotAvailable)]
    [InlineData(ErrorCode.NotEnoughReplicasAfterAppend, ErrorCode.CoordinatorNotAvailable)]
    [InlineData(ErrorCode.RequestTimedOut, ErrorCode.RebalanceInProgress)]
    [InlineData(ErrorCode.MessageTooLarge, ErrorCode.UnknownServerError)]
    [InlineData(ErrorCode.RecordListTooLarge, ErrorCode.UnknownServerError)]
    [InlineData(ErrorCode.InvalidFetchSize, ErrorCode.UnknownServerError)]
    public void An_assignment_that_cannot_be_stored_is_made_again(ErrorCode log, ErrorCode told)
    {
        GroupCast group = _stage.Group().Join("a").Join("b").CompletesGeneration(1);
        _stage.Log.Errors.Enqueue(log);
        group.Sync();
        group["a"].Synced.Error.ShouldBe(told);
        group["b"].Synced.Error.ShouldBe(told);
        group["a"].Synced.ProtocolName.ShouldBeNull();
        _stage.State().ShouldBe("PreparingRebalance");
        group.Join("a").Join("b").IsStable(2);
    }

    [Fact]
    public void An_assignment_of_a_generation_that_is_over_is_forgotten()
    {
        GroupCast group = _stage.Group().Join("a").CompletesGeneration(1);
        _stage.Log.Holds = true;
        group.Sync().Join("b");
        group["a"].Synced.Error.ShouldBe(ErrorCode.RebalanceInProgress);
        _stage.Log.Release();
        _stage.State().ShouldBe("PreparingRebalance");
        _stage.Log.Holds = false;
        group.Join("a").IsStable(2);
    }

    [Fact]
    public void Members_that_the_leader_forgot_get_nothing()
    {
        GroupCast group = _stage.Group().Join("a").Join("b").CompletesGeneration(1);
        Actor leader = group["a"].Leads ? group["a"] : group["b"];
        Actor follower = group["a"].Leads ? group["b"] : group["a"];
        Task<SyncResult> waiting = _stage.Coordinator.Submit(Stage.GroupId, GroupCast.Syncing(follower));
        _stage.Ask(GroupCast.Syncing(leader, new Dictionary<string, byte[]>(StringComparer.Ordinal) { [leader.Id] = Stage.Bytes("all") }));
        Stage.Answer(waiting).Assignment.ShouldBeEmpty();
    }

    [Fact]
    public void A_member_that_leaves_while_it_waits_is_told_so()
    {
        GroupCast group = _stage.Group().Join("a").IsStable(1).Join("b");
        Actor b = group["b"];
        group.Leave("b").ShouldBe(ErrorCode.None);
        b.Joined.Error.ShouldBe(ErrorCode.UnknownMemberId);
        b.Joined.MemberId.ShouldBe("");
        group.Join("a").IsStable(2);
    }

    [Fact]
    public void An_id_given_out_holds_the_rebalance_until_it_is_used_given_back_or_over_its_time()
    {
        GroupCast group = _stage.Group().Join("a").IsStable(1);
        JoinResult told = _stage.Ask(group.Joining(new Actor("x", instanceId: null), sessionMs: 30_000));
        group.Join("a");
        group["a"].Joining!.IsCompleted.ShouldBeFalse("x may still come");
        _stage.Ask(new LeaveRequest([new LeavingMember(told.MemberId, null)])).Members.ShouldBe([ErrorCode.None]);
        group.CompletesGeneration(2).Sync();

        _stage.Ask(group.Joining(new Actor("y", instanceId: null), sessionMs: 6_000));
        group.Join("a");
        _stage.Pass(5.9);
        group["a"].Joining!.IsCompleted.ShouldBeFalse();
        _stage.Pass(0.2);
        group["a"].Joined.Generation.ShouldBe(3);
    }

    [Fact]
    public void Group_max_size_turns_the_last_away()
    {
        using Stage stage = new(new GroupLimits { InitialRebalanceDelayMs = 0, TopicPartitions = 1, MaxGroupSize = 2 });
        GroupCast group = stage.Group().Join("a", modern: false).Join("b", modern: false);
        stage.Ask(group.Joining(new Actor("c", instanceId: null), modern: false)).Error.ShouldBe(ErrorCode.GroupMaxSizeReached);
        group.IsStable(1);
        JoinResult refused = stage.Ask(group.Joining(new Actor("c", instanceId: null), modern: false));
        refused.Error.ShouldBe(ErrorCode.GroupMaxSizeReached);
        refused.MemberId.ShouldBe("");
        group.Leave("b");
        group.Join("c").Join("a").IsStable(2);
    }

    [Fact]
    public void Ids_given_out_are_limited()
    {
        GroupCast group = _stage.Group();
        Actor nobody = new("x", instanceId: null);
        for (int i = 0; i < GroupLimits.MaxPendingMembers; i++)
        {
            _stage.Ask(group.Joining(nobody)).Error.ShouldBe(ErrorCode.MemberIdRequired);
        }
        _stage.Ask(group.Joining(nobody)).Error.ShouldBe(ErrorCode.GroupMaxSizeReached);
    }

    [Fact]
    public void Metrics_know_the_states()
    {
        GroupCast group = _stage.Group().Join("a");
        _stage.Metrics.Count(GroupState.PreparingRebalance).ShouldBe(1);
        group.CompletesGeneration(1);
        _stage.Metrics.Count(GroupState.CompletingRebalance).ShouldBe(1);
        group.Sync();
        _stage.Metrics.Count(GroupState.Stable).ShouldBe(1);
        group.Leave("a");
        _stage.Metrics.Count(GroupState.Empty).ShouldBe(1);
        _stage.Ask(new DeleteGroupRequest()).ShouldBe(ErrorCode.None);
        GroupStates.All.Sum(_stage.Metrics.Count).ShouldBe(0);
        _stage.TimersArmed.ShouldBe(1, "only the coordinator's own, for the expiry of offsets");
    }
}
