using Broker.Protocol;
using Broker.Server.Groups.Requests;
using Broker.Server.Groups.State;
using Broker.Server.Metadata;
using Broker.Storage;

namespace Broker.Server.Tests.Groups;

/// <summary>Offsets: committed, fetched, forgotten.</summary>
public sealed class OffsetTests : IDisposable
{
    private readonly Stage _stage = new();

    public void Dispose() => _stage.Dispose();

    [Fact]
    public void A_commit_can_be_fetched_with_all_it_said()
    {
        _stage.Commit("topic", 42, metadata: "note").ShouldBe(ErrorCode.None);
        FetchedOffset fetched = _stage.Fetch("topic");
        fetched.Error.ShouldBe(ErrorCode.None);
        fetched.Offset.ShouldBe(new CommittedOffset(42, 3, "note", _stage.NowMs) { AppendedAt = 0 });
        _stage.State().ShouldBe("Empty");
        _stage.Describe().ProtocolType.ShouldBe("");
    }

    [Fact]
    public void What_was_not_committed_is_nothing_without_an_error()
    {
        _stage.Fetch("topic", groupId: "unknown").ShouldBe(FetchedOffset.None(new TopicPartition("topic", 0)));
        _stage.Commit("topic", 1);
        _stage.Fetch("other").ShouldBe(FetchedOffset.None(new TopicPartition("other", 0)));
    }

    [Fact]
    public void All_offsets_are_fetched_when_none_are_named()
    {
        _stage.Commit("x", 1);
        _stage.Commit("y", 2);
        _stage.Ask(new FetchOffsetsRequest(Partitions: null, RequireStable: true)).Offsets.Select(o => (o.Partition.Topic, o.Offset!.Offset)).ShouldBe([("x",
            1), ("y", 2)], ignoreOrder: true);
        _stage.Ask(new FetchOffsetsRequest(Partitions: null, RequireStable: true), "unknown").Offsets.ShouldBeEmpty();
    }

    [Fact]
    public void An_offset_is_there_when_it_is_acknowledged_and_unstable_before()
    {
        _stage.Commit("topic", 1);
        _stage.Log.Holds = true;
        Task<IReadOnlyList<ErrorCode>> committing = _stage.Coordinator.Submit(Stage.GroupId, _stage.Committing("topic", 2));
        committing.IsCompleted.ShouldBeFalse();
        _stage.Committed("topic").ShouldBe(1);
        _stage.Fetch("topic", stable: true).Error.ShouldBe(ErrorCode.UnstableOffsetCommit);
        _stage.Fetch("other", stable: true).Error.ShouldBe(ErrorCode.None);
        _stage.Log.Release();
        Stage.Answer(committing).ShouldBe([ErrorCode.None]);
        _stage.Committed("topic").ShouldBe(2);
        _stage.Fetch("topic", stable: true).Error.ShouldBe(ErrorCode.None);
    }

    [Theory]
    [InlineData(ErrorCode.NotLeaderOrFollower, ErrorCode.NotCoordinator)]
    [InlineData(ErrorCode.KafkaStorageError, ErrorCode.NotCoordinator)]
    [InlineData(ErrorCode.UnknownTopicOrPartition, ErrorCode.CoordinatorNotAvailable)]
    [InlineData(ErrorCode.NotEnoughReplicas, ErrorCode.CoordinatorNotAvailable)]
    [InlineData(ErrorCode.NotEnoughReplicasAfterAppend, ErrorCode.CoordinatorNotAvailable)]
    [InlineData(ErrorCode.NetworkException, ErrorCode.CoordinatorLoadInProgress)]
    [InlineData(ErrorCode.MessageTooLarge, ErrorCode.InvalidCommitOffsetSize)]
    [InlineData(ErrorCode.RecordListTooLarge, ErrorCode.InvalidCommitOffsetSize)]
    [InlineData(ErrorCode.InvalidFetchSize, ErrorCode.InvalidCommitOffsetSize)]
    [InlineData(ErrorCode.RequestTimedOut, ErrorCode.RequestTimedOut)]
    public void A_commit_that_cannot_be_stored_changes_nothing(ErrorCode log, ErrorCode told)
    {
        _stage.Commit("topic", 1);
        _stage.Log.Errors.Enqueue(log);
        _stage.Commit("topic", 2).ShouldBe(told);
        _stage.Committed("topic").ShouldBe(1);
        _stage.Fetch("topic", stable: true).Error.ShouldBe(ErrorCode.None, "nothing is on its way any more");
    }

    [Fact]
    public void Notes_are_limited_for_each_partition()
    {
        string large = new('x', 4097);
        CommitRequest commit = new(-1, "", null,
        [
            new OffsetToCommit(new TopicPartition("x", 0), new CommittedOffset(1, -1, large, 0)),
            new OffsetToCommit(new TopicPartition("y", 0), new CommittedOffset(2, -1, large[1..], 0)),
        ]);
        _stage.Ask(commit).ShouldBe([ErrorCode.OffsetMetadataTooLarge, ErrorCode.None]);
        _stage.Committed("x").ShouldBeNull();
        _stage.Committed("y").ShouldBe(2);
        _stage.Commit("x", 1, metadata: large).ShouldBe(ErrorCode.OffsetMetadataTooLarge);
    }

    [Fact]
    public void Without_a_name_a_group_only_keeps_offsets()
    {
        _stage.Commit("topic", 5, groupId: "").ShouldBe(ErrorCode.None);
        _stage.Committed("topic", "").ShouldBe(5);
        _stage.Ask(new MemberHeartbeatRequest(1, "x", null), "").ShouldBe(ErrorCode.InvalidGroupId);
        _stage.Ask(new LeaveRequest([]), "").Error.ShouldBe(ErrorCode.InvalidGroupId);
        _stage.Ask(new DeleteOffsetsRequest([]), "").Error.ShouldBe(ErrorCode.InvalidGroupId);
        _stage.Ask(new DeleteGroupRequest(), "").ShouldBe(ErrorCode.None);
    }

    [Fact]
    public void Commits_of_a_rebalance_that_is_prepared_count()
    {
        GroupCast group = _stage.Group().Join("a").IsStable(1).Join("b");
        group.Commit("a", "topic", 9).ShouldBe(ErrorCode.None);
        group.Join("a").CompletesGeneration(2);
        group.Commit("a", "topic", 10).ShouldBe(ErrorCode.RebalanceInProgress);
        _stage.Committed("topic").ShouldBe(9);
    }

    [Fact]
    public void Offsets_of_subscribed_topics_stay()
    {
        GroupCast group = _stage.Group().Join("a", metadata: "topic").IsStable(1);
        group.Commit("a", "topic", 1);
        group.Commit("a", "former", 2);
        DeleteOffsetsResult result = _stage.Ask(new DeleteOffsetsRequest([new TopicPartition("topic", 0), new TopicPartition("former", 0),
            new TopicPartition("never", 0)]));
        result.Error.ShouldBe(ErrorCode.None);
        result.Partitions.ShouldBe([ErrorCode.GroupSubscribedToTopic, ErrorCode.None, ErrorCode.None]);
        _stage.Committed("former").ShouldBeNull();
        _stage.Committed("topic").ShouldBe(1);
    }

    [Fact]
    public void Members_of_another_kind_keep_everything()
    {
        GroupCast group = _stage.Group();
        _ = _stage.Coordinator.Submit(Stage.GroupId, group.Joining(new Actor("w", instanceId: null), modern: false) with { ProtocolType = "connect" });
        _stage.Pass(0.1);
        _stage.Ask(new DeleteOffsetsRequest([new TopicPartition("topic", 0)])).Error.ShouldBe(ErrorCode.NonEmptyGroup);
    }

    [Fact]
    public void Consumers_that_speak_another_language_keep_everything()
    {
        GroupCast group = _stage.Group();
        JoinRequest join = group.Joining(new Actor("w", instanceId: null), modern: false) with { Protocols = [new MemberProtocol("v0", [1])] };
        _ = _stage.Coordinator.Submit(Stage.GroupId, join);
        _stage.Pass(0.1);
        _stage.Ask(new DeleteOffsetsRequest([new TopicPartition("topic", 0)])).Partitions.ShouldBe([ErrorCode.GroupSubscribedToTopic]);
    }

    [Fact]
    public void A_deleted_group_is_gone_from_the_log_too()
    {
        GroupCast group = _stage.Group().Join("a").IsStable(1);
        group.Commit("a", "topic", 1);
        _stage.Ask(new DeleteGroupRequest()).ShouldBe(ErrorCode.NonEmptyGroup);
        group.Leave("a");
        _stage.Ask(new DeleteGroupRequest()).ShouldBe(ErrorCode.None);
        _stage.List().ShouldBeEmpty();
        _stage.State().ShouldBe("Dead");
        _stage.Log.Records[^2].Value.ShouldBeNull();
        _stage.Log.Records[^1].Value.ShouldBeNull();
        using Stage next = _stage.Restart();
        next.Load().List().ShouldBeEmpty();
        next.Committed("topic").ShouldBeNull();
    }

    [Fact]
    public void A_deletion_that_cannot_be_stored_says_so()
    {
        _stage.Commit("topic", 1);
        _stage.Log.Errors.Enqueue(ErrorCode.NotEnoughReplicas);
        _stage.Ask(new DeleteGroupRequest()).ShouldBe(ErrorCode.CoordinatorNotAvailable);
    }

    [Fact]
    public void Many_tombstones_go_in_several_batches()
    {
        List<OffsetToCommit> offsets = [.. Enumerable.Range(0,
            20_000).Select(i => new OffsetToCommit(new TopicPartition("a-topic-with-a-rather-long-name", i), new CommittedOffset(i, -1, "", 0)))];
        _stage.Ask(new CommitRequest(-1, "", null, offsets)).ShouldAllBe(error => error == ErrorCode.None);
        int batches = _stage.Log.BatchCount;
        batches.ShouldBeGreaterThan(1);
        _stage.Ask(new DeleteGroupRequest()).ShouldBe(ErrorCode.None);
        _stage.Log.BatchCount.ShouldBeGreaterThan(batches + 1);
        using Stage next = _stage.Restart();
        next.Load().List().ShouldBeEmpty();
    }

    [Fact]
    public void Deleted_topics_take_their_offsets_along()
    {
        (Guid one, Guid two, Guid three) = (Guid.NewGuid(), Guid.NewGuid(), Guid.NewGuid());
        _stage.Topics(("gone", one), ("kept", two), ("anew", three));
        _stage.Commit("gone", 1);
        _stage.Commit("kept", 2);
        _stage.Commit("anew", 3);
        _stage.Topics(("kept", two), ("anew", Guid.NewGuid()));
        _stage.Committed("gone").ShouldBeNull();
        _stage.Committed("anew").ShouldBeNull("it is another topic under the same name");
        _stage.Committed("kept").ShouldBe(2);
        using Stage next = _stage.Restart();
        next.Load().Committed("gone").ShouldBeNull();
    }

    [Fact]
    public void A_change_is_looked_at_for_the_topics_that_it_names_only()
    {
        _stage.Topics(("t", Guid.NewGuid()));
        _stage.Commit("t", 1);
        ClusterImage without = _stage.Image with { Topics = _stage.Image.Topics.Clear() };
        _stage.Coordinator.ImageChanged(_stage.Image, without, ["other"]);
        _stage.Committed("t").ShouldBe(1);
        _stage.Coordinator.ImageChanged(_stage.Image, without, ["other", "t"]);
        _stage.Committed("t").ShouldBeNull();
    }
}
