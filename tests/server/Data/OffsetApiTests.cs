using Broker.Server.Partitions;
using Broker.Protocol;
using Broker.Protocol.Messages;
using Broker.Protocol.Records;
using Broker.Server.Security;

namespace Broker.Server.Tests.Data;

public sealed class OffsetApiTests : IDisposable
{
    private const long Start = 1_700_000_000_000;

    private readonly DataBroker _broker = new();

    public void Dispose() => _broker.Dispose();

    [Fact]
    public async Task The_ends_and_times_of_a_log()
    {
        _broker.Create("t", replicas: [1, 2]);
        await _broker.Append("t", DataBroker.Batch(3, timestamp: Start), acks: 1);
        await _broker.Append("t", DataBroker.Batch(3, timestamp: Start + 100), acks: 1);
        _broker["t"].NoteFollowerFetch(new FollowerFetch(2, -1, -1, 3, 0));
        (await List(-1)).ShouldBe((ErrorCode.None, 3, -1));
        (await List(-1, isolation: 1)).ShouldBe((ErrorCode.None, 3, -1));
        (await List(-1, replica: 2)).ShouldBe((ErrorCode.None, 6, -1));
        (await List(-1, replica: -2)).ShouldBe((ErrorCode.None, 6, -1));
        (await List(-2)).ShouldBe((ErrorCode.None, 0, -1));
        (await List(-4, version: 8)).ShouldBe((ErrorCode.None, 0, -1));
        (await List(-5, version: 9)).ShouldBe((ErrorCode.None, -1, -1));
        (await List(Start + 1)).ShouldBe((ErrorCode.None, 1, Start + 1));
        (await List(Start - 50)).ShouldBe((ErrorCode.None, 0, Start));
        (await List(Start + 50)).ShouldBe((ErrorCode.None, -1, -1)); // offset 3 lies above the high watermark
        (await List(-3, version: 7)).ShouldBe((ErrorCode.None, -1, -1));
        _broker["t"].NoteFollowerFetch(new FollowerFetch(2, -1, -1, 6, 0));
        (await List(Start + 50)).ShouldBe((ErrorCode.None, 3, Start + 100));
        (await List(-3, version: 7)).ShouldBe((ErrorCode.None, 5, Start + 102));
        (await List(Start + 1000)).ShouldBe((ErrorCode.None, -1, -1));
    }

    [Fact]
    public async Task A_client_that_sends_no_more_gets_its_offsets_by_time()
    {
        _broker.Create("t");
        await _broker.Append("t", DataBroker.Batch(3, timestamp: Start));
        _broker.Connection.EndClient();
        (await List(Start + 1)).ShouldBe((ErrorCode.None, 1, Start + 1));
        _broker.Connection.Close("gone");
        await Should.ThrowAsync<OperationCanceledException>(() => List(Start + 1));
    }

    [Fact]
    public async Task Every_version_answers_and_special_times_need_theirs()
    {
        _broker.Create("t");
        await _broker.Append("t", DataBroker.Batch(3));
        for (short version = 1; version <= 9; version++)
        {
            (await List(-1, version)).Offset.ShouldBe(3);
            (await List(Start, version)).Offset.ShouldBe(0);
            (await List(-3, version)).Error.ShouldBe(version < 7 ? ErrorCode.UnsupportedVersion : ErrorCode.None);
            (await List(-4, version)).Error.ShouldBe(version < 8 ? ErrorCode.UnsupportedVersion : ErrorCode.None);
            (await List(-5, version)).Error.ShouldBe(version < 9 ? ErrorCode.UnsupportedVersion : ErrorCode.None);
            (await List(-6, version)).Error.ShouldBe(ErrorCode.UnsupportedVersion);
        }

        (await Oldest(-1)).ShouldBe([3]);
        (await Oldest(-2)).ShouldBe([0]);
        (await Oldest(Start + 1)).ShouldBe([1]);
        (await Oldest(Start + 500)).ShouldBe([3]);
    }

    [Fact]
    public async Task Each_refusal_has_its_code()
    {
        _broker.Create("t", replicas: [1, 2]);
        int epoch = _broker["t"].State.LeaderEpoch;
        (await List(-1, topic: "nowhere")).Error.ShouldBe(ErrorCode.UnknownTopicOrPartition);
        (await List(-1, epoch: epoch - 1)).Error.ShouldBe(ErrorCode.FencedLeaderEpoch);
        (await List(-1, epoch: epoch + 1)).Error.ShouldBe(ErrorCode.UnknownLeaderEpoch);
        ListOffsetsRequest twice = Request("t", -1);
        twice.Topics[0].Partitions = [.. twice.Topics[0].Partitions, .. twice.Topics[0].Partitions];
        (await _broker.Send(_broker.ListOffsets, twice, 7))!.Topics[0].Partitions.ShouldAllBe(p => p.ErrorCode == (short)ErrorCode.InvalidRequest);
        _broker.Assign("t", 1, leader: 2, replicas: [1, 2]);
        (await List(-1)).Error.ShouldBe(ErrorCode.NotLeaderOrFollower);
        (await List(-1, replica: -2)).Error.ShouldBe(ErrorCode.None);
        _broker.Authorizer.Rule = (_, _, _) => false;
        (await List(-1)).Error.ShouldBe(ErrorCode.TopicAuthorizationFailed);
    }

    [Fact]
    public async Task A_leader_that_lags_does_not_know_the_end_yet()
    {
        _broker.Create("t", replicas: [1, 2]);
        await _broker.Append("t", DataBroker.Batch(3), acks: 1);
        _broker.Assign("t", 1, leader: 1, replicas: [1, 2]);
        (await List(-1)).Error.ShouldBe(ErrorCode.OffsetNotAvailable);
        (await List(-1, version: 4)).Error.ShouldBe(ErrorCode.LeaderNotAvailable);
        (await List(Start)).Error.ShouldBe(ErrorCode.OffsetNotAvailable);
        (await List(-2)).Error.ShouldBe(ErrorCode.None);
        (await List(-1, replica: 2)).Offset.ShouldBe(3);
    }

    [Fact]
    public async Task Epochs_end_where_the_next_begins()
    {
        _broker.Create("t");
        int first = _broker["t"].State.LeaderEpoch;
        await _broker.Append("t", DataBroker.Batch(3));
        _broker.Assign("t", 1, leader: 1, epoch: first + 4);
        (await End(first)).ShouldBe((ErrorCode.None, first, 3));
        (await End(first + 2)).ShouldBe((ErrorCode.None, first, 3));
        (await End(first + 4)).ShouldBe((ErrorCode.None, first + 4, 3)); // nothing of it yet
        await _broker.Append("t", DataBroker.Batch(2));
        (await End(first + 4)).ShouldBe((ErrorCode.None, first + 4, 5));
        (await End(first + 9)).ShouldBe((ErrorCode.None, -1, -1));
        for (short version = 0; version <= 4; version++)
        {
            (await End(first, version)).EndOffset.ShouldBe(3);
        }

        (await End(first, current: first)).Error.ShouldBe(ErrorCode.FencedLeaderEpoch);
        (await End(first, topic: "nowhere")).Error.ShouldBe(ErrorCode.UnknownTopicOrPartition);
        _broker.Authorizer.Rule = (operation, _, _) => operation == AclOperation.Describe;
        (await End(first)).Error.ShouldBe(ErrorCode.None);
        _broker.Authorizer.Rule = (_, _, _) => false;
        (await End(first)).Error.ShouldBe(ErrorCode.TopicAuthorizationFailed);
    }

    private static ListOffsetsRequest Request(string topic, long timestamp, int replica = -1, sbyte isolation = 0, int epoch = -1) => new()
    {
        ReplicaId = replica,
        IsolationLevel = isolation,
        Topics = [new() { Name = topic, Partitions = [new() { Timestamp = timestamp, CurrentLeaderEpoch = epoch }] }],
    };

    private async Task<(ErrorCode Error, long Offset, long Timestamp)> List(
        long timestamp, short version = 7, int replica = -1, sbyte isolation = 0, int epoch = -1, string topic = "t")
    {
        ListOffsetsResponse? response = await _broker.Send(_broker.ListOffsets, Request(topic, timestamp, replica, isolation, epoch), version);
        ListOffsetsResponse.ListOffsetsPartitionResponse answer = response!.Topics.ShouldHaveSingleItem().Partitions.ShouldHaveSingleItem();
        return ((ErrorCode)answer.ErrorCode, answer.Offset, answer.Timestamp);
    }

    private async Task<long[]> Oldest(long timestamp) =>
        (await _broker.Send(_broker.ListOffsets, Request("t", timestamp), 0))!.Topics[0].Partitions[0].OldStyleOffsets;

    private async Task<(ErrorCode Error, int Epoch, long EndOffset)> End(int epoch, short version = 4, int current = -1, string topic = "t")
    {
        OffsetForLeaderEpochRequest request = new()
        {
            Topics = [new()
        {
            Topic = topic, Partitions = [new() { LeaderEpoch = epoch, CurrentLeaderEpoch = current }],
        }]
        };
        OffsetForLeaderEpochResponse.EpochEndOffset answer = (await _broker.Send(_broker.EpochEnds, request, version))!.Topics[0].Partitions[0];
        return ((ErrorCode)answer.ErrorCode, answer.LeaderEpoch, answer.EndOffset);
    }
}
