using Broker.Protocol;
using Broker.Server.Groups.Requests;
using Broker.Server.Groups.State;
using Broker.Storage;

namespace Broker.Server.Tests.Groups;

/// <summary>Every arrow between states, and every request in every state.</summary>
public class StateTableTests
{
    private static readonly (GroupState From, GroupState To)[] Arrows =
    [
        (GroupState.Empty, GroupState.PreparingRebalance),
        (GroupState.Stable, GroupState.PreparingRebalance),
        (GroupState.CompletingRebalance, GroupState.PreparingRebalance),
        (GroupState.PreparingRebalance, GroupState.CompletingRebalance),
        (GroupState.CompletingRebalance, GroupState.Stable),
        (GroupState.PreparingRebalance, GroupState.Empty),
        (GroupState.Empty, GroupState.Dead),
        (GroupState.PreparingRebalance, GroupState.Dead),
        (GroupState.CompletingRebalance, GroupState.Dead),
        (GroupState.Stable, GroupState.Dead),
        (GroupState.Dead, GroupState.Dead),
    ];

    [Fact]
    public void Only_these_arrows_are_there()
    {
        foreach (GroupState from in GroupStates.All)
        {
            foreach (GroupState to in GroupStates.All)
            {
                GroupStates.MayFollow(from, to).ShouldBe(Arrows.Contains((from, to)), $"{from} to {to}");
            }
        }
    }

    /// <summary>
    /// Requests by row; what they are answered in Empty, PreparingRebalance, CompletingRebalance, Stable, and where there is no group.
    /// "waits" is no answer yet.
    /// </summary>
    [Theory]
    [InlineData("join, new, modern", "MemberIdRequired", "MemberIdRequired", "MemberIdRequired", "MemberIdRequired", "MemberIdRequired")]
    [InlineData("join, new, old", "waits", "waits", "waits", "waits", "waits")]
    [InlineData("join, new, static", "waits", "waits", "waits", "waits", "waits")]
    [InlineData("join, other type", "waits", "InconsistentGroupProtocol", "InconsistentGroupProtocol", "InconsistentGroupProtocol", "waits")]
    [InlineData("join, other protocol", "waits", "InconsistentGroupProtocol", "InconsistentGroupProtocol", "InconsistentGroupProtocol", "waits")]
    [InlineData("join, no protocol", "InconsistentGroupProtocol", "InconsistentGroupProtocol", "InconsistentGroupProtocol", "InconsistentGroupProtocol",
        "InconsistentGroupProtocol")]
    [InlineData("join, leader", "UnknownMemberId", "waits", "None", "waits", "UnknownMemberId")]
    [InlineData("join, follower", "UnknownMemberId", "waits", "None", "None", "UnknownMemberId")]
    [InlineData("join, stranger", "UnknownMemberId", "UnknownMemberId", "UnknownMemberId", "UnknownMemberId", "UnknownMemberId")]
    [InlineData("sync, leader", "UnknownMemberId", "RebalanceInProgress", "None", "None", "UnknownMemberId")]
    [InlineData("sync, follower", "UnknownMemberId", "RebalanceInProgress", "waits", "None", "UnknownMemberId")]
    [InlineData("sync, other generation", "UnknownMemberId", "IllegalGeneration", "IllegalGeneration", "IllegalGeneration", "UnknownMemberId")]
    [InlineData("sync, other type", "UnknownMemberId", "InconsistentGroupProtocol", "InconsistentGroupProtocol", "InconsistentGroupProtocol",
        "UnknownMemberId")]
    [InlineData("sync, other protocol", "UnknownMemberId", "InconsistentGroupProtocol", "InconsistentGroupProtocol", "InconsistentGroupProtocol",
        "UnknownMemberId")]
    [InlineData("beat", "UnknownMemberId", "RebalanceInProgress", "None", "None", "UnknownMemberId")]
    [InlineData("beat, other generation", "UnknownMemberId", "IllegalGeneration", "IllegalGeneration", "IllegalGeneration", "UnknownMemberId")]
    [InlineData("beat, stranger", "UnknownMemberId", "UnknownMemberId", "UnknownMemberId", "UnknownMemberId", "UnknownMemberId")]
    [InlineData("leave", "UnknownMemberId", "None", "None", "None", "UnknownMemberId")]
    [InlineData("leave, stranger", "UnknownMemberId", "UnknownMemberId", "UnknownMemberId", "UnknownMemberId", "UnknownMemberId")]
    [InlineData("commit, member", "UnknownMemberId", "None", "RebalanceInProgress", "None", "IllegalGeneration")]
    [InlineData("commit, other generation", "UnknownMemberId", "IllegalGeneration", "IllegalGeneration", "IllegalGeneration", "IllegalGeneration")]
    [InlineData("commit, no member", "None", "UnknownMemberId", "UnknownMemberId", "UnknownMemberId", "None")]
    [InlineData("fetch", "None", "None", "None", "None", "None")]
    [InlineData("delete offsets, subscribed", "None", "GroupSubscribedToTopic", "GroupSubscribedToTopic", "GroupSubscribedToTopic", "GroupIdNotFound")]
    [InlineData("delete offsets, free", "None", "None", "None", "None", "GroupIdNotFound")]
    [InlineData("delete group", "None", "NonEmptyGroup", "NonEmptyGroup", "NonEmptyGroup", "GroupIdNotFound")]
    [InlineData("describe", "Empty", "PreparingRebalance", "CompletingRebalance", "Stable", "Dead")]
    public void Every_request_in_every_state(string request, string empty, string preparing, string completing, string stable, string none)
    {
        Answered(request, GroupState.Empty).ShouldBe(empty, "Empty");
        Answered(request, GroupState.PreparingRebalance).ShouldBe(preparing, "PreparingRebalance");
        Answered(request, GroupState.CompletingRebalance).ShouldBe(completing, "CompletingRebalance");
        Answered(request, GroupState.Stable).ShouldBe(stable, "Stable");
        Answered(request, GroupState.Dead).ShouldBe(none, "no group");
    }

    /// <summary>A dead group is met only by who has found it before its end.</summary>
    [Fact]
    public void A_group_that_dies_sends_everybody_to_look_again()
    {
        GroupLimits limits = new();
        foreach (string kind in Kinds)
        {
            Group group = new("g");
            group.Enter(GroupState.Dead, default);
            using Stage stage = new();
            GroupCast cast = stage.Group().Join("a", modern: false).CompletesGeneration(1);
            Server.Groups.Rules.Effects effects = new();
            GroupRequest request = Request(kind, cast, cast["a"], cast["a"]);
            Server.Groups.Rules.GroupRules.Handle(group, request, new Server.Groups.Rules.EventContext(default, limits, effects));
            effects.GiveAnswers();
            string expected = kind switch
            {
                "fetch" => "None",
                "describe" => "Dead",
                "delete group" or "delete offsets, subscribed" or "delete offsets, free" => "GroupIdNotFound",
                _ => "CoordinatorNotAvailable",
            };
            Outcome(request).ShouldBe(expected, kind);
        }
    }

    private static readonly string[] Kinds =
    [
        "join, new, modern", "join, new, old", "join, new, static", "join, other type", "join, other protocol", "join, no protocol", "join, leader",
            "join, follower", "join, stranger",
        "sync, leader", "sync, follower", "sync, other generation", "sync, other type", "sync, other protocol", "beat", "beat, other generation",
            "beat, stranger", "leave",
        "leave, stranger", "commit, member", "commit, other generation", "commit, no member", "fetch", "delete offsets, subscribed", "delete offsets, free",
            "delete group", "describe",
    ];

    private static string Answered(string kind, GroupState state)
    {
        using Stage stage = new();
        GroupCast cast = InState(stage, state, out Actor leader, out Actor follower);
        GroupRequest request = Request(kind, cast, leader, follower);
        Submit(stage, request);
        return Outcome(request);
    }

    private static GroupCast InState(Stage stage, GroupState state, out Actor leader, out Actor follower)
    {
        GroupCast cast = stage.Group(state == GroupState.Dead ? "h" : Stage.GroupId).Join("a").Join("b").CompletesGeneration(1);
        (leader, follower) = cast["a"].Leads ? (cast["a"], cast["b"]) : (cast["b"], cast["a"]);
        switch (state)
        {
            case GroupState.Stable: cast.IsStable(1); break;
            case GroupState.PreparingRebalance: cast.IsStable(1).Join("c"); break;
            case GroupState.Empty:
                cast.Leave("a");
                cast.Leave("b");
                break;
        }

        if (state != GroupState.Dead)
        {
            stage.State().ShouldBe(GroupStates.Name(state));
        }
        return cast;
    }

    private static GroupRequest Request(string kind, GroupCast cast, Actor leader, Actor follower)
    {
        Actor nobody = new("x", instanceId: null);
        Actor stranger = new("x", instanceId: null) { Id = "x-0", Generation = 1 };
        Actor other = new("x", instanceId: null) { Id = leader.Id, Generation = 7 };
        TopicPartition Of(string topic) => new(topic, 0);
        return kind switch
        {
            "join, new, modern" => cast.Joining(nobody),
            "join, new, old" => cast.Joining(nobody, modern: false),
            "join, new, static" => cast.Joining(new Actor("s", "s")),
            "join, other type" => cast.Joining(nobody, modern: false) with { ProtocolType = "connect" },
            "join, other protocol" => cast.Joining(nobody, "roundrobin", modern: false),
            "join, no protocol" => cast.Joining(nobody) with { Protocols = [] },
            "join, leader" => cast.Joining(leader),
            "join, follower" => cast.Joining(follower),
            "join, stranger" => cast.Joining(stranger),
            "sync, leader" => GroupCast.Syncing(leader),
            "sync, follower" => GroupCast.Syncing(follower),
            "sync, other generation" => GroupCast.Syncing(other),
            "sync, other type" => GroupCast.Syncing(leader) with { ProtocolType = "connect" },
            "sync, other protocol" => GroupCast.Syncing(leader) with { ProtocolName = "roundrobin" },
            "beat" => new MemberHeartbeatRequest(leader.Generation, leader.Id, null),
            "beat, other generation" => new MemberHeartbeatRequest(7, leader.Id, null),
            "beat, stranger" => new MemberHeartbeatRequest(1, stranger.Id, null),
            "leave" => new LeaveRequest([new LeavingMember(leader.Id, null)]),
            "leave, stranger" => new LeaveRequest([new LeavingMember(stranger.Id, null)]),
            "commit, member" => Committing(1, leader.Id),
            "commit, other generation" => Committing(7, leader.Id),
            "commit, no member" => Committing(-1, ""),
            "fetch" => new FetchOffsetsRequest([Of("topic")], RequireStable: true),
            "delete offsets, subscribed" => new DeleteOffsetsRequest([Of("topic")]),
            "delete offsets, free" => new DeleteOffsetsRequest([Of("elsewhere")]),
            "delete group" => new DeleteGroupRequest(),
            "describe" => new DescribeRequest(),
            _ => throw new ArgumentException(kind, nameof(kind)),
        };
    }

    private static CommitRequest Committing(int generation, string memberId) =>
        new(generation, memberId, null, [new OffsetToCommit(new TopicPartition("topic", 0), new CommittedOffset(1, -1, "", 0))]);

    private static void Submit(Stage stage, GroupRequest request)
    {
        switch (request)
        {
            case JoinRequest join: _ = stage.Coordinator.Submit(Stage.GroupId, join); break;
            case SyncRequest sync: _ = stage.Coordinator.Submit(Stage.GroupId, sync); break;
            case MemberHeartbeatRequest beat: _ = stage.Coordinator.Submit(Stage.GroupId, beat); break;
            case LeaveRequest leave: _ = stage.Coordinator.Submit(Stage.GroupId, leave); break;
            case CommitRequest commit: _ = stage.Coordinator.Submit(Stage.GroupId, commit); break;
            case FetchOffsetsRequest fetch: _ = stage.Coordinator.Submit(Stage.GroupId, fetch); break;
            case DeleteOffsetsRequest delete: _ = stage.Coordinator.Submit(Stage.GroupId, delete); break;
            case DeleteGroupRequest delete: _ = stage.Coordinator.Submit(Stage.GroupId, delete); break;
            case DescribeRequest describe: _ = stage.Coordinator.Submit(Stage.GroupId, describe); break;
        }
    }

    private static string Outcome(GroupRequest request) => request switch
    {
        JoinRequest { Reply.Task.IsCompleted: false } or SyncRequest { Reply.Task.IsCompleted: false } => "waits",
        JoinRequest join => Stage.Answer(join.Reply.Task).Error.ToString(),
        SyncRequest sync => Stage.Answer(sync.Reply.Task).Error.ToString(),
        MemberHeartbeatRequest beat => Stage.Answer(beat.Reply.Task).ToString(),
        LeaveRequest leave => Stage.Answer(leave.Reply.Task) is var left && left.Error != ErrorCode.None ? left.Error.ToString() : left.Members[0].ToString(),
        CommitRequest commit => Stage.Answer(commit.Reply.Task)[0].ToString(),
        FetchOffsetsRequest fetch => Stage.Answer(fetch.Reply.Task).Error.ToString(),
        DeleteOffsetsRequest delete
            => Stage.Answer(delete.Reply.Task) is var deleted && deleted.Error != ErrorCode.None ? deleted.Error.ToString() : deleted.Partitions[0].ToString(),
        DeleteGroupRequest delete => Stage.Answer(delete.Reply.Task).ToString(),
        DescribeRequest describe => Stage.Answer(describe.Reply.Task).State,
        _ => throw new ArgumentException("unknown", nameof(request)),
    };
}
