using Broker.Protocol;
using Broker.Server.Groups.Requests;
using Broker.Server.Groups.State;

namespace Broker.Server.Tests.Groups;

/// <summary>Static members (KIP-345, KIP-814).</summary>
public sealed class StaticMemberTests : IDisposable
{
    private readonly Stage _stage = new();

    public void Dispose() => _stage.Dispose();

    private GroupCast Two() => _stage.Group().Join("a", instance: "ia").Join("b", instance: "ib").IsStable(1);

    [Fact]
    public void A_static_member_is_not_sent_back_for_its_id()
    {
        GroupCast group = Two();
        group["a"].Id.ShouldStartWith("ia-");
        _stage.Describe().Members.Select(member => member.InstanceId).ShouldBe(["ia", "ib"], ignoreOrder: true);
        Actor leader = group["a"].Leads ? group["a"] : group["b"];
        leader.Joined.Members.Select(member => member.InstanceId).ShouldBe(["ia", "ib"], ignoreOrder: true);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_follower_comes_back_without_a_rebalance(bool modern)
    {
        GroupCast group = Two();
        string name = group["a"].Leads ? "b" : "a";
        Actor former = group[name];
        group.Restarts(name).Join(name, modern: modern);
        Actor back = group[name];
        back.Id.ShouldNotBe(former.Id);
        back.Joined.Generation.ShouldBe(1);
        back.Joined.Members.ShouldBeEmpty();
        back.Joined.SkipAssignment.ShouldBeFalse();
        _stage.State().ShouldBe("Stable");
        group.Sync(name);
        back.Synced.Assignment.ShouldBe(Stage.Bytes(name));
        _stage.Ask(new MemberHeartbeatRequest(1, former.Id, former.InstanceId)).ShouldBe(ErrorCode.FencedInstanceId);
    }

    [Fact]
    public void A_leader_comes_back_and_is_told_to_skip_the_assignment()
    {
        GroupCast group = Two();
        string name = group["a"].Leads ? "a" : "b";
        group.Restarts(name).Join(name);
        JoinResult joined = group[name].Joined;
        joined.SkipAssignment.ShouldBeTrue();
        joined.LeaderId.ShouldBe(group[name].Id);
        joined.Members.Count.ShouldBe(2);
        _stage.State().ShouldBe("Stable");
    }

    [Fact]
    public void An_old_leader_comes_back_and_is_told_that_its_former_self_leads()
    {
        GroupCast group = Two();
        string name = group["a"].Leads ? "a" : "b";
        string formerId = group[name].Id;
        group.Restarts(name).Join(name, modern: false);
        JoinResult joined = group[name].Joined;
        joined.LeaderId.ShouldBe(formerId);
        joined.Members.ShouldBeEmpty();
        joined.SkipAssignment.ShouldBeFalse();
    }

    [Fact]
    public void The_replacement_is_stored_before_it_is_answered()
    {
        GroupCast group = Two();
        _stage.Log.Holds = true;
        group.Restarts("a").Join("a");
        group["a"].Joining!.IsCompleted.ShouldBeFalse();
        _stage.Log.Release();
        string newId = group["a"].Joined.MemberId;
        using Stage next = _stage.Restart();
        next.Load().Describe().Members.Select(member => member.MemberId).ShouldContain(newId);
    }

    [Fact]
    public void A_replacement_that_cannot_be_stored_is_undone()
    {
        GroupCast group = Two();
        string formerId = group["a"].Id;
        _stage.Log.Errors.Enqueue(ErrorCode.NotEnoughReplicas);
        group.Restarts("a").Join("a");
        group["a"].Joined.Error.ShouldBe(ErrorCode.CoordinatorNotAvailable);
        group["a"].Joined.MemberId.ShouldBe("");
        _stage.Ask(new MemberHeartbeatRequest(1, formerId, "ia")).ShouldBe(ErrorCode.None);
        _stage.State().ShouldBe("Stable");
    }

    [Fact]
    public void A_replacement_that_changes_the_protocol_makes_a_rebalance()
    {
        GroupCast group = _stage.Group().Join("a", "range,round", instance: "ia").Join("b", "range,round", instance: "ib").IsStable(1);
        group.Restarts("a").Join("a", "round");
        _stage.State().ShouldBe("PreparingRebalance");
        group.Join("b", "range,round").CompletesGeneration(2);
        group["a"].Joined.ProtocolName.ShouldBe("round");
    }

    [Fact]
    public void A_replacement_while_the_assignment_is_awaited_makes_a_rebalance_and_shuts_the_old_one_out()
    {
        GroupCast group = _stage.Group().Join("a", instance: "ia").Join("b", instance: "ib").CompletesGeneration(1);
        string follower = group["a"].Leads ? "b" : "a";
        group.Sync(follower);
        Actor former = group[follower];
        group.Restarts(follower).Join(follower);
        former.Synced.Error.ShouldBe(ErrorCode.FencedInstanceId);
        group.Join(follower == "a" ? "b" : "a").IsStable(2);
    }

    [Fact]
    public void A_replacement_while_a_rebalance_is_prepared_joins_it()
    {
        GroupCast group = Two().Join("c");
        group.Join("a", metadata: "other");
        Actor former = group["a"];
        group.Restarts("a").Join("a");
        former.Joined.Error.ShouldBe(ErrorCode.FencedInstanceId);
        group.Join("b").IsStable(2);
        _stage.Describe().Members.Count.ShouldBe(3);
    }

    [Fact]
    public void Two_with_one_name_shut_each_other_out()
    {
        GroupCast group = Two();
        Actor thief = new("x", "ia") { Id = group["b"].Id, Generation = 1 };
        _stage.Ask(group.Joining(thief)).Error.ShouldBe(ErrorCode.FencedInstanceId);
        _stage.Ask(GroupCast.Syncing(thief)).Error.ShouldBe(ErrorCode.FencedInstanceId);
        _stage.Ask(new MemberHeartbeatRequest(1, thief.Id, "ia")).ShouldBe(ErrorCode.FencedInstanceId);
        _stage.Commit("topic", 1, 1, thief.Id, "ia").ShouldBe(ErrorCode.FencedInstanceId);
        _stage.Ask(new LeaveRequest([new LeavingMember(thief.Id, "ia")])).Members.ShouldBe([ErrorCode.FencedInstanceId]);
        _stage.Ask(new MemberHeartbeatRequest(1, group["a"].Id, "nobody")).ShouldBe(ErrorCode.UnknownMemberId);
        _stage.Ask(new MemberHeartbeatRequest(-1, group["a"].Id, "ia")).ShouldBe(ErrorCode.IllegalGeneration);
    }

    [Fact]
    public void Static_members_stay_when_they_miss_a_rebalance()
    {
        GroupCast group = _stage.Group().Join("a", instance: "ia", sessionMs: 600_000, rebalanceMs: 20_000).Join("b", instance: "ib", sessionMs: 600_000,
            rebalanceMs: 20_000).IsStable(1);
        group.Join("a", sessionMs: 600_000, rebalanceMs: 20_000, metadata: "other");
        _stage.Pass(20.2);
        group["a"].Joined.Generation.ShouldBe(2);
        _stage.Describe().Members.Count.ShouldBe(2);
    }

    [Fact]
    public void When_no_static_member_comes_back_the_rebalance_waits_on()
    {
        GroupCast group = _stage.Group().Join("a", instance: "ia", sessionMs: 50_000, rebalanceMs: 20_000).Join("b", rebalanceMs: 20_000).IsStable(1);
        group.Leave("b").ShouldBe(ErrorCode.None);
        _stage.Pass(45);
        _stage.State().ShouldBe("PreparingRebalance");
        _stage.Pass(6);
        _stage.State().ShouldBe("Empty");
    }

    [Fact]
    public void An_operator_removes_static_members_by_name()
    {
        GroupCast group = Two();
        LeaveResult left = _stage.Ask(new LeaveRequest([new LeavingMember("", "ia"), new LeavingMember("", "nobody"), new LeavingMember("", null)]));
        left.Error.ShouldBe(ErrorCode.None);
        left.Members.ShouldBe([ErrorCode.None, ErrorCode.UnknownMemberId, ErrorCode.UnknownMemberId]);
        group.Beat("b").ShouldBe(ErrorCode.RebalanceInProgress);
    }
}
