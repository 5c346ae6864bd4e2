using Broker.Protocol;
using Broker.Protocol.Messages;
using Broker.Server.Apis.Fetching;

namespace Broker.Server.Tests.Data;

public sealed class FetchSessionTests : IDisposable
{
    private readonly DataBroker _broker = new();

    public void Dispose() => _broker.Dispose();

    [Fact]
    public async Task An_incremental_response_holds_only_news()
    {
        _broker.Create("t", partitions: 3);
        FetchResponse full = await Fetch(0, 0, (0, 0), (1, 0), (2, 0));
        full.SessionId.ShouldBePositive();
        Indexes(full).ShouldBe([0, 1, 2]);
        Indexes(await Fetch(full.SessionId, 1)).ShouldBeEmpty();

        await _broker.Append("t", DataBroker.Batch(1), partition: 1);
        FetchResponse news = await Fetch(full.SessionId, 2);
        news.SessionId.ShouldBe(full.SessionId);
        Indexes(news).ShouldBe([1]);
        DataBroker.OffsetsIn(news.Responses[0].Partitions[0]).ShouldBe([0]);

        Indexes(await Fetch(full.SessionId, 3, (1, 1))).ShouldBeEmpty(); // moved on: nothing new, and the high watermark is known
    }

    [Fact]
    public async Task What_gave_data_has_its_turn_last()
    {
        _broker.Create("t", partitions: 3);
        FetchResponse full = await Fetch(0, 0, (0, 0), (1, 0), (2, 0));
        for (int p = 0; p < 3; p++)
        {
            await _broker.Append("t", DataBroker.Batch(1, valueBytes: 1000), partition: p);
        }

        List<int> served = [];
        for (int epoch = 1; epoch <= 3; epoch++)
        {
            FetchResponse response = await Fetch(full.SessionId, epoch, maxBytes: 100);
            served.AddRange(response.Responses.SelectMany(t => t.Partitions).Where(p => DataBroker.BytesOf(p).Length > 0).Select(p => p.PartitionIndex));
        }

        served.ShouldBe([0, 1, 2]);
    }

    [Fact]
    public async Task Partitions_come_and_go_and_an_empty_session_ends()
    {
        _broker.Create("t", partitions: 2);
        FetchResponse full = await Fetch(0, 0, (0, 0));
        Indexes(await Fetch(full.SessionId, 1, (1, 0))).ShouldBe([1]);
        FetchRequest forget = Request(full.SessionId, 2);
        forget.ForgottenTopicsData = [new() { Topic = "t", TopicId = DataBroker.IdOf("t"), Partitions = [0, 1] }];
        FetchResponse ended = await Send(forget);
        ended.SessionId.ShouldBe(0);
        ended.ErrorCode.ShouldBe((short)0);
        _broker.Sessions.Count.ShouldBe(0);
    }

    [Fact]
    public async Task Wrong_ids_and_epochs_are_told_at_the_top()
    {
        _broker.Create("t");
        FetchResponse full = await Fetch(0, 0, (0, 0));
        Refused(await Fetch(full.SessionId + 1, 1), ErrorCode.FetchSessionIdNotFound);
        Refused(await Fetch(full.SessionId, 2), ErrorCode.InvalidFetchSessionEpoch);
        Refused(await Fetch(full.SessionId, 1, version: 13), ErrorCode.FetchSessionTopicIdError);
        await Fetch(full.SessionId, 1);
        Refused(await Fetch(full.SessionId, 1), ErrorCode.InvalidFetchSessionEpoch);
    }

    [Fact]
    public async Task A_full_request_ends_the_old_session_and_the_last_one_asks_for_none()
    {
        _broker.Create("t");
        FetchResponse first = await Fetch(0, 0, (0, 0));
        FetchResponse second = await Fetch(first.SessionId, 0, (0, 0));
        second.SessionId.ShouldNotBe(first.SessionId);
        _broker.Sessions.Count.ShouldBe(1);
        (await Fetch(second.SessionId, -1, (0, 0))).SessionId.ShouldBe(0);
        _broker.Sessions.Count.ShouldBe(0);
    }

    [Fact]
    public async Task An_error_is_told_and_so_is_its_end()
    {
        _broker.Create("t");
        FetchResponse full = await Fetch(0, 0, version: 13, (0, 0));
        Indexes(await Fetch(full.SessionId, 1, version: 13)).ShouldBeEmpty();
        FetchResponse failing = await Fetch(full.SessionId, 2, version: 13, (0, 99));
        failing.Responses[0].Partitions[0].ErrorCode.ShouldBe((short)ErrorCode.OffsetOutOfRange);
        FetchResponse again = await Fetch(full.SessionId, 3, version: 13);
        Indexes(again).ShouldBe([0]);
        FetchResponse healed = await Fetch(full.SessionId, 4, version: 13, (0, 0));
        healed.Responses[0].Partitions[0].ErrorCode.ShouldBe((short)0);
        Indexes(await Fetch(full.SessionId, 5, version: 13)).ShouldBeEmpty();
    }

    [Fact]
    public void Epochs_wrap_to_one()
    {
        FetchSession.EpochAfter(1).ShouldBe(2);
        FetchSession.EpochAfter(int.MaxValue).ShouldBe(1);
    }

    [Fact]
    public void The_cache_puts_out_the_idle_then_the_lowest_in_rank()
    {
        FetchSessionCache cache = new(2, new Random(1));
        FetchSession small = cache.TryCreate(Entries(1), false, false, 0)!;
        FetchSession large = cache.TryCreate(Entries(5), false, false, 0)!;

        // All are young and equal in kind: no room.
        cache.TryCreate(Entries(9), false, false, 1000).ShouldBeNull();

        // A broker's session puts out the smallest of the consumers'.
        FetchSession follower = cache.TryCreate(Entries(1), false, true, 1000)!;
        follower.ShouldNotBeNull();
        cache.Find(small.Id, 1000).ShouldBeNull();

        // Old but busy: only a larger one may take its place.
        cache.Find(large.Id, 130_000).ShouldBe(large);
        cache.Find(follower.Id, 130_000).ShouldBe(follower);
        cache.TryCreate(Entries(4), false, false, 130_000).ShouldBeNull();
        FetchSession larger = cache.TryCreate(Entries(6), false, false, 130_000)!;
        larger.ShouldNotBeNull();
        cache.Find(large.Id, 130_000).ShouldBeNull();

        // Idle for longer than two minutes: anybody may.
        cache.TryCreate(Entries(1), false, false, 260_000).ShouldNotBeNull();
        cache.Count.ShouldBe(2);
        new FetchSessionCache(0, new Random(1)).TryCreate(Entries(1), false, false, 0).ShouldBeNull();
        new FetchSessionCache(1, new Random(1)).TryCreate(Entries(FetchSessionCache.MaxPartitions + 1), false, false, 0).ShouldBeNull();
    }

    [Fact]
    public void All_sessions_together_keep_the_limit_of_partitions_and_the_idle_make_room_first()
    {
        const int Most = FetchSessionCache.MaxPartitions;
        FetchSessionCache cache = new(10, new Random(1));
        FetchSession large = cache.TryCreate(Entries(Most - 1), false, false, 0)!;
        FetchSession small = cache.TryCreate(Entries(1), false, false, 1000)!;
        cache.TryCreate(Entries(1), false, false, 2000).ShouldBeNull();

        // Who would grow beyond the limit goes, and nobody else.
        cache.TryGrow(small, 1, 2000).ShouldBeFalse();
        cache.Find(small.Id, 2000).ShouldBeNull();
        cache.TryGrow(small, 1, 2000).ShouldBeFalse();
        FetchSession next = cache.TryCreate(Entries(1), false, false, 2000)!;
        cache.TryCreate(Entries(Most + 1), false, false, 200_000).ShouldBeNull();
        cache.Count.ShouldBe(2);

        // Once the large one has been idle for two minutes it makes room, for what grows and for what is new.
        cache.Find(next.Id, 130_000).ShouldBe(next);
        cache.TryGrow(next, 5, 130_000).ShouldBeTrue();
        cache.Find(large.Id, 130_000).ShouldBeNull();
        next.Count.ShouldBe(6);
        cache.TryCreate(Entries(Most - 6), false, false, 130_000).ShouldNotBeNull();
        cache.TryCreate(Entries(1), false, false, 130_000).ShouldBeNull();
    }

    [Fact]
    public async Task A_session_that_would_grow_beyond_the_limit_ends_and_its_client_is_served_in_full()
    {
        _broker.Create("t");
        FetchResponse full = await Fetch(0, 0, (0, 0));
        (int, long)[] many = [.. Enumerable.Range(0, FetchSessionCache.MaxPartitions + 1).Select(p => (p, 0L))];
        Refused(await Fetch(full.SessionId, 1, many), ErrorCode.FetchSessionIdNotFound);
        _broker.Sessions.Count.ShouldBe(0);
        (await Fetch(0, 0, (0, 0))).SessionId.ShouldBePositive();
    }

    private static FetchEntry[] Entries(int count) => [.. Enumerable.Range(0, count).Select(p => new FetchEntry(new FetchKey("t", Guid.Empty, p)))];

    private static int[] Indexes(FetchResponse response)
    {
        response.ErrorCode.ShouldBe((short)0);
        return [.. response.Responses.SelectMany(t => t.Partitions).Select(p => p.PartitionIndex)];
    }

    private static void Refused(FetchResponse response, ErrorCode expected)
    {
        ((ErrorCode)response.ErrorCode).ShouldBe(expected);
        response.SessionId.ShouldBe(0);
        response.Responses.ShouldBeEmpty();
    }

    private static FetchRequest Request(int id, int epoch, params (int Partition, long Offset)[] partitions) => new()
    {
        SessionId = id,
        SessionEpoch = epoch,
        MaxBytes = 1_000_000,
        Topics = partitions.Length == 0
            ? []
            :
            [
                new()
                {
                    Topic = "t",
                    TopicId = DataBroker.IdOf("t"),
                    Partitions = [.. partitions.Select(p => new FetchRequest.FetchPartition { Partition = p.Partition, FetchOffset = p.Offset, PartitionMaxBytes = 1_000_000 })],
                },
            ],
    };

    private Task<FetchResponse> Fetch(int id, int epoch, params (int Partition, long Offset)[] partitions) => Fetch(id, epoch, 12, partitions);

    private Task<FetchResponse> Fetch(int id, int epoch, short version, params (int Partition, long Offset)[] partitions) =>
        Send(Request(id, epoch, partitions), version);

    private Task<FetchResponse> Fetch(int id, int epoch, int maxBytes)
    {
        FetchRequest request = Request(id, epoch);
        request.MaxBytes = maxBytes;
        return Send(request);
    }

    private async Task<FetchResponse> Send(FetchRequest request, short version = 12) => (await _broker.Send(_broker.Fetch, request, version))!;
}
