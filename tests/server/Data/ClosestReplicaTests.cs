using Broker.Protocol;
using Broker.Protocol.Messages;
using Broker.Server.Partitions;

namespace Broker.Server.Tests.Data;

/// <summary>Consumers that read from a replica in their rack (KIP-392). The broker is in rack "a", its followers 2 to 4 are in others.</summary>
public sealed class ClosestReplicaTests : IDisposable
{
    private const int None = -1;

    private readonly DataBroker _broker = new(isRackAware: true)
    {
        Racks = { [1] = "a", [2] = "b", [3] = "b", [4] = "c" },
    };

    public void Dispose() => _broker.Dispose();

    [Theory]
    [InlineData("b", 3, 3)] // both have the offset: the one that is further
    [InlineData("b", 4, 3)]
    [InlineData("b", 5, None)] // none of the rack has it yet: the leader serves it
    [InlineData("c", 0, None)] // not in sync
    [InlineData("a", 0, None)] // the leader is there itself
    [InlineData("nowhere", 0, None)]
    [InlineData("", 0, None)]
    public async Task A_consumer_is_sent_to_the_in_sync_replica_of_its_rack_that_is_furthest(string rack, long offset, int expected)
    {
        await Lead(isr: [1, 2, 3]);
        Fetched(by: 2, offset: 3);
        Fetched(by: 3, offset: 4);
        Fetched(by: 4, offset: 6);
        FetchResponse.PartitionData data = await Fetch(rack, offset);
        data.ErrorCode.ShouldBe((short)0);
        data.PreferredReadReplica.ShouldBe(expected);
        DataBroker.BytesOf(data).Length.ShouldBe(expected == None && offset < 3 ? DataBroker.BytesOf(await Fetch("", offset)).Length : 0);
        data.HighWatermark.ShouldBe(3);
        data.LogStartOffset.ShouldBe(0);
    }

    [Fact]
    public async Task Of_equals_the_one_that_was_caught_up_last_and_then_the_one_with_the_highest_id()
    {
        await Lead(isr: [1, 2, 3]);
        Fetched(by: 3, offset: 6);
        Fetched(by: 2, offset: 6);
        (await Fetch("b", 0)).PreferredReadReplica.ShouldBe(3);
        _broker.Time.Advance(TimeSpan.FromMilliseconds(10));
        Fetched(by: 2, offset: 6);
        (await Fetch("b", 0)).PreferredReadReplica.ShouldBe(2);
    }

    [Fact]
    public async Task A_replica_whose_log_starts_later_is_not_chosen()
    {
        await Lead(isr: [1, 2, 3]);
        Fetched(by: 2, offset: 6, logStart: 2);
        (await Fetch("b", 1)).PreferredReadReplica.ShouldBe(None);
        (await Fetch("b", 2)).PreferredReadReplica.ShouldBe(2);
    }

    [Fact]
    public async Task Old_versions_brokers_and_consumers_of_a_follower_are_sent_to_nobody()
    {
        await Lead(isr: [1, 2, 3]);
        Fetched(by: 2, offset: 6);
        Fetched(by: 3, offset: 6);
        (await Fetch("b", 0, version: 10)).PreferredReadReplica.ShouldBe(None);
        (await Fetch("b", 0, replicaId: 2)).PreferredReadReplica.ShouldBe(None);
        (await Fetch("b", 0, epoch: 99)).ErrorCode.ShouldBe((short)ErrorCode.UnknownLeaderEpoch);
        _broker.Assign("t", 1, leader: 2, [1, 2, 3, 4], [1, 2, 3]).ShouldAllBe(error => error == ErrorCode.None);
        FetchResponse.PartitionData served = await Fetch("b", 0);
        served.ErrorCode.ShouldBe((short)0);
        served.PreferredReadReplica.ShouldBe(None);
        DataBroker.OffsetsIn(served).ShouldNotBeEmpty();
    }

    [Fact]
    public async Task Without_the_selector_the_rack_does_not_matter()
    {
        using DataBroker plain = new() { Racks = { [2] = "b" } };
        plain.Create("t", replicas: [1, 2]);
        await plain.Append("t", DataBroker.Batch(3), acks: 1);
        plain["t"].NoteFollowerFetch(new FollowerFetch(2, -1, -1, 3, 0));
        FetchResponse response = (await plain.Send(plain.Fetch, Request("b", 0), version: 12))!;
        response.Responses.ShouldHaveSingleItem().Partitions.ShouldHaveSingleItem().PreferredReadReplica.ShouldBe(None);
    }

    [Fact]
    public async Task A_session_is_told_without_waiting_and_each_time()
    {
        await Lead(isr: [1, 2, 3]);
        Fetched(by: 2, offset: 6);
        FetchRequest first = Request("b", 0);
        first.SessionEpoch = 0;
        (first.MaxWaitMs, first.MinBytes) = (500, 1);
        FetchResponse full = (await _broker.Send(_broker.Fetch, first, version: 12))!;
        for (int epoch = 1; epoch < 3; epoch++)
        {
            FetchRequest next = new() { SessionId = full.SessionId, SessionEpoch = epoch, RackId = "b", MaxWaitMs = 500, MinBytes = 1, MaxBytes = 1000 };
            FetchResponse response = (await _broker.Send(_broker.Fetch, next, version: 12))!;
            response.Responses.ShouldHaveSingleItem().Partitions.ShouldHaveSingleItem().PreferredReadReplica.ShouldBe(2);
        }
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_followers_fetch_is_answered_when_the_high_watermark_moves_where_consumers_read_from_followers(bool isRackAware)
    {
        using DataBroker leader = new(isRackAware: isRackAware);
        leader.Create("t", replicas: [1, 2, 3]);
        await leader.Append("t", DataBroker.Batch(3), acks: 1);
        FetchRequest first = Request("", 3, replicaId: 2);
        first.SessionEpoch = 0;
        FetchResponse full = (await leader.Send(leader.Fetch, first, version: 12))!;
        FetchRequest Next(int epoch) => new()
        {
            ReplicaId = 2, SessionId = full.SessionId, SessionEpoch = epoch, MaxWaitMs = 500, MinBytes = 1, MaxBytes = 1000,
        };
        Task<FetchResponse?> waiting = leader.Send(leader.Fetch, Next(1), version: 12);
        leader["t"].NoteFollowerFetch(new FollowerFetch(3, -1, -1, 3, 0));
        leader["t"].Log!.HighWatermark.ShouldBe(3);
        if (!isRackAware)
        {
            waiting.IsCompleted.ShouldBeFalse();
            leader.Time.Advance(TimeSpan.FromMilliseconds(520));
        }

        (await waiting)!.Responses.ShouldHaveSingleItem().Partitions.ShouldHaveSingleItem().HighWatermark.ShouldBe(3);

        // What it knows now is no reason to answer again.
        waiting = leader.Send(leader.Fetch, Next(2), version: 12);
        waiting.IsCompleted.ShouldBeFalse();
        leader.Time.Advance(TimeSpan.FromMilliseconds(520));
        (await waiting)!.Responses.ShouldBeEmpty();
    }

    [Fact]
    public async Task A_consumer_that_waits_at_a_follower_gets_a_record_when_the_follower_learns_that_it_is_replicated()
    {
        using DataBroker follower = new(id: 2);
        follower.Assign("t", 1, leader: 1, [1, 2], [1, 2]).ShouldAllBe(error => error == ErrorCode.None);
        byte[] batch = DataBroker.Batch(3);
        Broker.Protocol.Records.BatchHeader.SetBaseOffset(batch, 0);
        Broker.Protocol.Records.BatchHeader.SetPartitionLeaderEpoch(batch, 1);
        follower["t"].AppendAsFollower(follower["t"].NextFetch()!.Value, batch, leaderHighWatermark: 0, leaderLogStart: 0).ShouldBe(ErrorCode.None);
        FetchRequest request = Request("b", 0);
        (request.MaxWaitMs, request.MinBytes) = (500, 1);
        Task<FetchResponse?> waiting = follower.Send(follower.Fetch, request, version: 12);
        waiting.IsCompleted.ShouldBeFalse();
        follower["t"].AppendAsFollower(follower["t"].NextFetch()!.Value, default, leaderHighWatermark: 3, leaderLogStart: 0).ShouldBe(ErrorCode.None);
        DataBroker.OffsetsIn((await waiting)!.Responses[0].Partitions[0]).ShouldBe([0, 1, 2]);

        // Records that it has and that are not replicated yet are none for a consumer; an offset that it does not have is out of range.
        FetchResponse.PartitionData ahead = (await follower.Send(follower.Fetch, Request("b", 3), version: 12))!.Responses[0].Partitions[0];
        ahead.ErrorCode.ShouldBe((short)0);
        FetchResponse.PartitionData beyond = (await follower.Send(follower.Fetch, Request("b", 4), version: 12))!.Responses[0].Partitions[0];
        beyond.ErrorCode.ShouldBe((short)ErrorCode.OffsetOutOfRange);
    }

    /// <summary>Leads a partition with six records, all of them below the high watermark where the followers have fetched them.</summary>
    private async Task Lead(int[] isr)
    {
        _broker.Create("t", replicas: [1, 2, 3, 4], isr: isr);
        for (int i = 0; i < 6; i++)
        {
            await _broker.Append("t", DataBroker.Batch(1), acks: 1);
        }
    }

    private void Fetched(int by, long offset, long logStart = 0) =>
        _broker["t"].NoteFollowerFetch(new FollowerFetch(by, -1, -1, offset, logStart)).ShouldBe(ErrorCode.None);

    private async Task<FetchResponse.PartitionData> Fetch(string rack, long offset, short version = 11, int replicaId = -1, int epoch = -1) =>
        (await _broker.Send(_broker.Fetch, Request(rack, offset, version, replicaId, epoch), version))!
        .Responses.ShouldHaveSingleItem().Partitions.ShouldHaveSingleItem();

    private static FetchRequest Request(string rack, long offset, short version = 12, int replicaId = -1, int epoch = -1) => new()
    {
        RackId = version < 11 ? "" : rack,
        ReplicaId = replicaId,
        SessionEpoch = -1,
        MaxBytes = 1_000_000,
        Topics =
        [
            new()
            {
                Topic = "t",
                Partitions = [new() { Partition = 0, FetchOffset = offset, PartitionMaxBytes = 1_000_000, CurrentLeaderEpoch = epoch }],
            },
        ],
    };
}
