using Broker.Protocol;
using Broker.Protocol.Compression;
using Broker.Protocol.Messages;
using Broker.Protocol.Records;
using Broker.Server.Groups.Offsets;
using Broker.Server.Groups.Requests;
using Broker.Server.Groups.State;
using Broker.Server.Metadata;
using Broker.Storage;

namespace Broker.Server.Tests.Groups;

/// <summary>Groups out of the log, and the coordinator's coming and going.</summary>
public sealed class LoadTests : IDisposable
{
    private readonly Stage _stage = new();

    public void Dispose() => _stage.Dispose();

    [Fact]
    public void A_stable_group_comes_back_as_it_was()
    {
        GroupCast group = _stage.Group().Join("a", instance: "ia").Join("b", rebalanceMs: 77_000).IsStable(1);
        group.Commit("a", "topic", 5);
        GroupDescription before = _stage.Describe();
        using Stage next = _stage.Restart();
        GroupDescription after = next.Load().Describe();
        after.State.ShouldBe("Stable");
        after.Protocol.ShouldBe(before.Protocol);
        after.ProtocolType.ShouldBe("consumer");
        foreach ((MemberDescription was, MemberDescription now) in before.Members.OrderBy(m => m.MemberId).Zip(after.Members.OrderBy(m => m.MemberId)))
        {
            now.MemberId.ShouldBe(was.MemberId);
            now.InstanceId.ShouldBe(was.InstanceId);
            now.ClientId.ShouldBe(was.ClientId);
            now.ClientHost.ShouldBe(was.ClientHost);
            now.Metadata.ShouldBe(was.Metadata);
            now.Assignment.ShouldBe(was.Assignment);
        }

        next.Committed("topic").ShouldBe(5);
        next.Ask(group.Beating("a")).ShouldBe(ErrorCode.None);
        next.Commit("topic", 6, 1, group["b"].Id).ShouldBe(ErrorCode.None);
        next.Ask(new DeleteOffsetsRequest([new TopicPartition("topic", 0)])).Partitions.ShouldBe([ErrorCode.GroupSubscribedToTopic]);
    }

    [Fact]
    public void Sessions_begin_anew_with_the_load()
    {
        GroupCast group = _stage.Group().Join("a").Join("b").IsStable(1);
        using Stage next = _stage.Restart();
        next.Load().Pass(9);
        next.Ask(group.Beating("a")).ShouldBe(ErrorCode.None);
        next.Pass(2);
        next.State().ShouldBe("PreparingRebalance");
        next.Ask(group.Beating("b")).ShouldBe(ErrorCode.UnknownMemberId);
    }

    [Fact]
    public void A_group_that_has_grown_too_large_is_rebalanced()
    {
        _stage.Group().Join("a").Join("b").Join("c").IsStable(1);
        using Stage next = _stage.Restart(new GroupLimits { InitialRebalanceDelayMs = 0, TopicPartitions = 1, MaxGroupSize = 2 });
        next.Load().State().ShouldBe("PreparingRebalance");
    }

    [Fact]
    public void While_groups_are_loaded_clients_come_again_and_members_are_calmed()
    {
        using Stage stage = new(load: false);
        GroupCast group = stage.Group();
        Actor actor = new("a", instanceId: null) { Id = "a-1", Generation = 1 };
        stage.Ask(group.Joining(actor)).Error.ShouldBe(ErrorCode.CoordinatorLoadInProgress);
        stage.Ask(GroupCast.Syncing(actor)).Error.ShouldBe(ErrorCode.RebalanceInProgress);
        stage.Ask(new MemberHeartbeatRequest(1, "a-1", null)).ShouldBe(ErrorCode.None);
        stage.Ask(new LeaveRequest([new LeavingMember("a-1", null)])).Error.ShouldBe(ErrorCode.CoordinatorLoadInProgress);
        stage.Commit("topic", 1).ShouldBe(ErrorCode.CoordinatorLoadInProgress);
        stage.Ask(new FetchOffsetsRequest([], RequireStable: false)).Error.ShouldBe(ErrorCode.CoordinatorLoadInProgress);
        stage.Describe().Error.ShouldBe(ErrorCode.CoordinatorLoadInProgress);
        stage.Describe().State.ShouldBe("");
        stage.Ask(new DeleteGroupRequest()).ShouldBe(ErrorCode.CoordinatorLoadInProgress);
        stage.Ask(new DeleteOffsetsRequest([])).Error.ShouldBe(ErrorCode.CoordinatorLoadInProgress);
        Stage.Answer(stage.Coordinator.List()).Error.ShouldBe(ErrorCode.CoordinatorLoadInProgress);
        stage.Load();
        Stage.Answer(stage.Coordinator.List()).Error.ShouldBe(ErrorCode.None);
    }

    [Fact]
    public void Who_waits_is_sent_away_when_another_broker_takes_over()
    {
        GroupCast group = _stage.Group().Join("a").Join("b").CompletesGeneration(1);
        string follower = group["a"].Leads ? "b" : "a";
        group.Sync(follower);
        GroupCast other = _stage.Group("h").Join("x");
        _stage.Coordinator.BecameFollower(ClusterImage.ConsumerOffsets, 0, 2, 1);
        group[follower].Synced.Error.ShouldBe(ErrorCode.NotCoordinator);
        other["x"].Joined.Error.ShouldBe(ErrorCode.NotCoordinator);
        group.Beat("a").ShouldBe(ErrorCode.NotCoordinator);
        _stage.List().ShouldBeEmpty();
        GroupStates.All.Sum(_stage.Metrics.Count).ShouldBe(0);

        _stage.Coordinator.BecameLeader(ClusterImage.ConsumerOffsets, 0, 2);
        _stage.Load().State().ShouldBe("Dead", "the generation was never stored");
    }

    [Fact]
    public void A_commit_that_ends_after_the_resignation_is_answered()
    {
        _stage.Log.Holds = true;
        Task<IReadOnlyList<ErrorCode>> committing = _stage.Coordinator.Submit(Stage.GroupId, _stage.Committing("topic", 2));
        _stage.Coordinator.BecameFollower(ClusterImage.ConsumerOffsets, 0, 2, 1);
        _stage.Log.Release(ErrorCode.NotLeaderOrFollower);
        Stage.Answer(committing).ShouldBe([ErrorCode.NotCoordinator]);
    }

    [Fact]
    public void A_resignation_during_the_load_wins()
    {
        using Stage stage = new(load: false);
        stage.Coordinator.BecameFollower(ClusterImage.ConsumerOffsets, 0, 2, 1);
        stage.Load().Describe().Error.ShouldBe(ErrorCode.NotCoordinator);
    }

    [Fact]
    public void A_new_epoch_of_the_same_leader_disturbs_nobody()
    {
        GroupCast group = _stage.Group().Join("a").IsStable(1);
        _stage.Coordinator.BecameLeader(ClusterImage.ConsumerOffsets, 0, 7);
        _stage.Coordinator.BecameLeader("another-topic", 1, 7);
        group.Beat("a").ShouldBe(ErrorCode.None);
    }

    [Fact]
    public async Task A_broker_that_stops_says_so()
    {
        GroupCast group = _stage.Group().Join("a").IsStable(1).Join("b");
        await _stage.Coordinator.StopAsync();
        group["b"].Joined.Error.ShouldBe(ErrorCode.CoordinatorNotAvailable);
        group.Beat("a").ShouldBe(ErrorCode.CoordinatorNotAvailable);
        Stage.Answer(_stage.Coordinator.List()).Error.ShouldBe(ErrorCode.CoordinatorNotAvailable);
        _stage.TimersArmed.ShouldBe(0);
    }

    public static TheoryData<Exception> ReadFailures =>
        [new IOException("disk"), new InvalidRecordException("broken"), new InvalidOperationException("a fault of the loader")];

    [Theory]
    [MemberData(nameof(ReadFailures))]
    public void A_log_that_cannot_be_read_serves_nobody_until_it_can(Exception failure)
    {
        using Stage stage = Unreadable(failure);
        stage.Describe().Error.ShouldBe(ErrorCode.CoordinatorNotAvailable);
        Stage.Answer(stage.Coordinator.List()).Error.ShouldBe(ErrorCode.CoordinatorNotAvailable);
        stage.Pass(1.1).Load().Describe().Error.ShouldBe(ErrorCode.CoordinatorNotAvailable, "it was tried again, in vain");
        stage.Log.ReadFailure = null;
        stage.Pass(1.1).Load().Describe().Error.ShouldBe(ErrorCode.CoordinatorNotAvailable, "the rest has doubled");
        stage.Pass(1).Load().Committed("topic").ShouldBe(8);
        Stage.Answer(stage.Coordinator.List()).Error.ShouldBe(ErrorCode.None);
    }

    [Fact]
    public void A_partition_that_is_led_elsewhere_is_not_tried_again()
    {
        using Stage stage = Unreadable(new IOException("disk"));
        stage.Coordinator.BecameFollower(ClusterImage.ConsumerOffsets, 0, 2, 1);
        stage.Log.ReadFailure = null;
        stage.Pass(5).Load().Describe().Error.ShouldBe(ErrorCode.NotCoordinator);
        GroupStates.All.Sum(stage.Metrics.Count).ShouldBe(0);
    }

    [Fact]
    public void An_append_of_an_earlier_leader_epoch_is_refused()
    {
        _stage.Log.LeaderEpoch = 0;
        _stage.Commit("topic", 1).ShouldBe(ErrorCode.None);
        _stage.Log.BeforeAppend = () =>
        {
            // Between the shard's turn and its append this broker has ceased to lead, and leads again.
            _stage.Log.BeforeAppend = null;
            _stage.Coordinator.BecameFollower(ClusterImage.ConsumerOffsets, 0, 2, 1);
            _stage.Coordinator.BecameLeader(ClusterImage.ConsumerOffsets, 0, 2);
            _stage.Log.LeaderEpoch = 2;
        };
        _stage.Commit("topic", 2).ShouldBe(ErrorCode.NotCoordinator);
        _stage.Load().Committed("topic").ShouldBe(1);
        _stage.Commit("topic", 3).ShouldBe(ErrorCode.None);
    }

    [Fact]
    public void Appends_are_of_the_later_epoch_when_the_same_leader_is_chosen_again()
    {
        _stage.Coordinator.BecameLeader(ClusterImage.ConsumerOffsets, 0, 7);
        _stage.Log.LeaderEpoch = 7;
        _stage.Commit("topic", 1).ShouldBe(ErrorCode.None);
    }

    [Fact]
    public void A_commit_after_a_deletion_stays_when_its_acknowledgement_comes_first()
    {
        _stage.Log.Holds = true;
        Task<IReadOnlyList<ErrorCode>> overtaken = _stage.Coordinator.Submit(Stage.GroupId, _stage.Committing("topic", 1));
        Task<DeleteOffsetsResult> deleting = _stage.Coordinator.Submit(Stage.GroupId, new DeleteOffsetsRequest([new TopicPartition("topic", 0)]));
        Task<IReadOnlyList<ErrorCode>> later = _stage.Coordinator.Submit(Stage.GroupId, _stage.Committing("topic", 2));
        _stage.Log.ReleaseLast();
        _stage.Log.Release();
        _stage.Log.Release();
        Stage.Answer(overtaken).ShouldBe([ErrorCode.None]);
        Stage.Answer(deleting).Error.ShouldBe(ErrorCode.None);
        Stage.Answer(later).ShouldBe([ErrorCode.None]);
        _stage.Committed("topic").ShouldBe(2);
    }

    private static Stage Unreadable(Exception failure)
    {
        Stage stage = new(log: new MemoryOffsetsLog { ReadFailure = failure }, load: false);
        stage.Log.Add(OffsetsTopic.Offset("g", new TopicPartition("topic", 0), new CommittedOffset(8, -1, "", stage.NowMs)));
        return stage.Load();
    }

    [Fact]
    public void All_layouts_of_old_brokers_are_read()
    {
        MemoryOffsetsLog log = new();
        for (short version = 0; version <= 4; version++)
        {
            OffsetCommitKey key = new() { Group = "g", Topic = "topic", Partition = version };
            OffsetCommitValue value = new()
            {
                Offset = 100 + version, Metadata = "m", CommitTimestamp = 7, LeaderEpoch = version >= 3 ? 2 : -1,
                ExpireTimestamp = version == 1 ? 1_800_000_000_000 : -1,
            };
            log.Add(new LogRecord(VersionPrefixed.Encode(key, (short)(version % 2)), VersionPrefixed.Encode(value, version)));
            GroupMetadataValue group = new()
            {
                ProtocolType = "consumer",
                Generation = 5,
                Protocol = "range",
                Leader = "m",
                Members = [new GroupMetadataValue.MemberMetadata
                {
                    MemberId = "m", ClientId = "c", ClientHost = "/1.2.3.4", SessionTimeout = 9000, RebalanceTimeout = version >= 1 ? 8000 : -1,
                        Subscription = Stage.Subscription("t"), Assignment = [1],
                }],
            };
            log.Add(new LogRecord(VersionPrefixed.Encode(new GroupMetadataKey { Group = $"g{version}" }, 2), VersionPrefixed.Encode(group, version)));
        }

        using Stage stage = new(log: log);
        IReadOnlyList<FetchedOffset> offsets = stage.Ask(new FetchOffsetsRequest(Partitions: null, RequireStable: false)).Offsets;
        offsets.OrderBy(o => o.Partition.Partition).Select(o => o.Offset!.Offset).ShouldBe([100, 101, 102, 103, 104]);
        offsets.Single(o => o.Partition.Partition == 1).Offset!.ExpireMs.ShouldBe(1_800_000_000_000);
        for (int version = 0; version <= 4; version++)
        {
            GroupDescription group = stage.Describe($"g{version}");
            group.State.ShouldBe("Stable");
            group.Members.Single().ClientHost.ShouldBe("/1.2.3.4");
            stage.Ask(new MemberHeartbeatRequest(5, "m", null), $"g{version}").ShouldBe(ErrorCode.None);
        }
    }

    [Fact]
    public void Records_that_nobody_understands_are_passed_over()
    {
        MemoryOffsetsLog log = new();
        log.Add(new LogRecord([0, 9, 1], [1]), new LogRecord([0], [1]), new LogRecord([0, 1, 0], [1]), new LogRecord([0, 3, 0, 1, 65], [0, 0, 0, 0, 0, 1]));
        log.Add(new LogRecord(VersionPrefixed.Encode(new GroupMetadataKey { Group = "x" }, 2), [0, 99]));
        log.Add(OffsetsTopic.Offset("g", new TopicPartition("topic", 0), new CommittedOffset(8, -1, "", 0)));
        using Stage stage = new(log: log);
        stage.Committed("topic").ShouldBe(8);
        stage.List().Count.ShouldBe(1);
    }

    [Fact]
    public void Offsets_of_transactions_count_from_their_commit()
    {
        static LogRecord Of(string topic, long offset) => OffsetsTopic.Offset("g", new TopicPartition(topic, 0), new CommittedOffset(offset, -1, "", 0));
        MemoryOffsetsLog log = new();
        log.Add(new BatchOptions { ProducerId = 1, ProducerEpoch = 0, BaseSequence = 0, Transactional = true }, Of("committed", 1), Of("overtaken", 1));
        log.Add(new BatchOptions { ProducerId = 2, ProducerEpoch = 0, BaseSequence = 0, Transactional = true }, Of("aborted", 1));
        log.Add(new BatchOptions { ProducerId = 3, ProducerEpoch = 0, BaseSequence = 0, Transactional = true }, Of("open", 1));
        log.Add(Of("overtaken", 2));
        log.Add(RecordBatchBuilder.TransactionMarker(0, 1, 0, ControlRecordType.Commit, 0));
        log.Add(RecordBatchBuilder.TransactionMarker(0, 2, 0, ControlRecordType.Abort, 0));
        using Stage stage = new(log: log);
        stage.Committed("committed").ShouldBe(1);
        stage.Committed("overtaken").ShouldBe(2);
        stage.Committed("aborted").ShouldBeNull();
        stage.Committed("open").ShouldBeNull();
    }

    [Fact]
    public void A_load_goes_on_in_pieces()
    {
        MemoryOffsetsLog log = new();
        for (int i = 0; i < 500; i++)
        {
            log.Add(OffsetsTopic.Offset("g", new TopicPartition("topic", i % 50), new CommittedOffset(i, -1, "", 0)));
        }
        using Stage stage = new(new GroupLimits { TopicPartitions = 1, LoadBufferBytes = 300 }, log);
        stage.Ask(new FetchOffsetsRequest(Partitions: null, RequireStable: false)).Offsets.Select(o => o.Offset!.Offset).Order().ShouldBe(Enumerable.Range(450,
            50).Select(i => (long)i));
    }

    [Theory]
    [InlineData(CompressionType.Gzip)]
    [InlineData(CompressionType.Lz4)]
    [InlineData(CompressionType.Zstd)]
    [InlineData(CompressionType.Snappy)]
    public void A_compressed_topic_is_written_and_read(CompressionType codec)
    {
        GroupLimits limits = new() { InitialRebalanceDelayMs = 0, TopicPartitions = 1, Compression = codec };
        using Stage stage = new(limits);
        stage.Group().Join("a").IsStable(1).Commit("a", "topic", 3).ShouldBe(ErrorCode.None);
        using Stage next = stage.Restart(limits);
        next.Load().Committed("topic").ShouldBe(3);
        next.State().ShouldBe("Stable");
    }

    [Fact]
    public void Too_many_groups_are_refused()
    {
        for (int i = 0; i < GroupLimits.MaxGroupsPerPartition; i++)
        {
            _ = _stage.Coordinator.Submit($"g{i}", _stage.Committing("topic", i));
        }
        _stage.Commit("topic", 1, groupId: "one more").ShouldBe(ErrorCode.CoordinatorNotAvailable);
        _stage.Commit("topic", 1, groupId: "g7").ShouldBe(ErrorCode.None);
    }
}
