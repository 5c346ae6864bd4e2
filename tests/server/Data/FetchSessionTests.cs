using Broker.Protocol;
using Broker.Protocol.Messages;
using Broker.Server.Apis.Fetching;
using Broker.Server.Partitions;

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
    public async Task A_fetch_looks_only_at_what_has_changed()
    {
        _broker.Create("t", partitions: 3);
        FetchResponse full = await Fetch(0, 0, (0, 0), (1, 0), (2, 0));
        await Fetch(full.SessionId, 1);
        Watched().ShouldBe([1, 1, 1]);

        // Nobody waits: the change ends the watch, so that a client that is gone costs nothing from now on.
        await _broker.Append("t", DataBroker.Batch(1), partition: 1);
        Watched().ShouldBe([1, 0, 1]);
        List<string> asked = AskedTopics();
        Indexes(await Fetch(full.SessionId, 2)).ShouldBe([1]);
        asked.Count.ShouldBe(1);

        // It has not said that it has the record: it gets it again, until it asks for more.
        Indexes(await Fetch(full.SessionId, 3)).ShouldBe([1]);
        Watched().ShouldBe([1, 0, 1]);
        Indexes(await Fetch(full.SessionId, 4, (1, 1))).ShouldBeEmpty();
        Watched().ShouldBe([1, 1, 1]);
        asked.Clear();
        Indexes(await Fetch(full.SessionId, 5)).ShouldBeEmpty();
        asked.ShouldBeEmpty();
    }

    [Fact]
    public async Task A_waiting_session_is_woken_by_the_partition_that_changes()
    {
        _broker.Create("t", partitions: 3);
        FetchResponse full = await Fetch(0, 0, (0, 0), (1, 0), (2, 0));
        for (int epoch = 1; epoch <= 3; epoch++)
        {
            Task<FetchResponse> polling = Send(Waiting(Request(full.SessionId, epoch, epoch == 1 ? [] : [(2, epoch - 1)])));
            polling.IsCompleted.ShouldBeFalse();
            await _broker.Append("t", DataBroker.Batch(1), partition: 2);
            FetchResponse news = await polling;
            Indexes(news).ShouldBe([2]);
            DataBroker.OffsetsIn(news.Responses[0].Partitions[0]).ShouldBe([epoch - 1]);
        }

        Watched().ShouldBe([1, 1, 1]);
        _broker.Wheel.Count.ShouldBe(0);
    }

    [Fact]
    public async Task A_session_waits_for_min_bytes_over_what_it_has_left_and_what_comes()
    {
        _broker.Create("t", partitions: 3);
        FetchResponse full = await Fetch(0, 0, (0, 0), (1, 0), (2, 0));
        await Fetch(full.SessionId, 1);
        await _broker.Append("t", DataBroker.Batch(1, valueBytes: 600), partition: 0);
        Task<FetchResponse> polling = Send(Waiting(Request(full.SessionId, 2), minBytes: 1500));
        await _broker.Append("t", DataBroker.Batch(1, valueBytes: 600), partition: 1);
        polling.IsCompleted.ShouldBeFalse();
        await _broker.Append("t", DataBroker.Batch(1, valueBytes: 600), partition: 2);
        Indexes(await polling).ShouldBe([0, 1, 2]);

        // What lies between offset and end stays known while nothing of the partition is asked or appended.
        polling = Send(Waiting(Request(full.SessionId, 3, (0, 1), (1, 1), (2, 1)), minBytes: 1000));
        await _broker.Append("t", DataBroker.Batch(1, valueBytes: 600), partition: 2);
        polling.IsCompleted.ShouldBeFalse();
        _broker.Time.Advance(TimeSpan.FromMilliseconds(520));
        Indexes(await polling).ShouldBe([2]);
        polling = Send(Waiting(Request(full.SessionId, 4, (2, 2)), minBytes: 1000));
        await _broker.Append("t", DataBroker.Batch(1, valueBytes: 600), partition: 0);
        polling.IsCompleted.ShouldBeFalse();
        await _broker.Append("t", DataBroker.Batch(1, valueBytes: 600), partition: 1);
        Indexes(await polling).ShouldBe([0, 1]);
    }

    [Fact]
    public async Task A_high_watermark_that_moves_wakes_nobody_and_is_told_with_the_next_answer()
    {
        _broker.Create("t", partitions: 2, replicas: [1, 2]);
        await _broker.Append("t", DataBroker.Batch(3), acks: 1);
        FetchResponse full = await Fetch(0, 0, (0, 3), (1, 0));
        await Fetch(full.SessionId, 1);
        Task<FetchResponse> polling = Send(Waiting(Request(full.SessionId, 2)));
        _broker["t"].NoteFollowerFetch(new FollowerFetch(2, -1, -1, 3, 0));
        _broker["t"].Log!.HighWatermark.ShouldBe(3);
        polling.IsCompleted.ShouldBeFalse();
        _broker.Time.Advance(TimeSpan.FromMilliseconds(520));
        FetchResponse news = await polling;
        Indexes(news).ShouldBe([0]);
        news.Responses[0].Partitions[0].HighWatermark.ShouldBe(3);
        Indexes(await Fetch(full.SessionId, 3)).ShouldBeEmpty();
    }

    [Fact]
    public async Task A_session_that_goes_ends_its_watches_and_its_wait()
    {
        _broker.Create("t", partitions: 3);
        FetchResponse full = await Fetch(0, 0, (0, 0), (1, 0), (2, 0));
        Task<FetchResponse> polling = Send(Waiting(Request(full.SessionId, 1)));
        Watched().ShouldBe([1, 1, 1]);
        _broker.Sessions.Remove(full.SessionId);
        Watched().ShouldBe([0, 0, 0]);
        Indexes(await polling).ShouldBeEmpty();
        Refused(await Fetch(full.SessionId, 2), ErrorCode.FetchSessionIdNotFound);
    }

    [Fact]
    public async Task Forgotten_partitions_are_no_longer_watched()
    {
        _broker.Create("t", partitions: 2);
        FetchResponse full = await Fetch(0, 0, (0, 0), (1, 0));
        await Fetch(full.SessionId, 1);
        FetchRequest forget = Request(full.SessionId, 2);
        forget.ForgottenTopicsData = [new() { Topic = "t", Partitions = [1] }];
        Indexes(await Send(forget)).ShouldBeEmpty();
        Watched().ShouldBe([1, 0]);
        await _broker.Append("t", DataBroker.Batch(1), partition: 1);
        Indexes(await Fetch(full.SessionId, 3)).ShouldBeEmpty();
    }

    [Fact]
    public async Task Another_isolation_level_is_another_question()
    {
        _broker.Create("t", replicas: [1, 2]);
        await _broker.Append("t", DataBroker.Batch(3), acks: 1);
        FetchResponse full = await Fetch(0, 0, (0, 0));
        Indexes(await Fetch(full.SessionId, 1)).ShouldBeEmpty();
        FetchRequest asReplica = Request(full.SessionId, 2);
        asReplica.ReplicaId = 2;
        Indexes(await Send(asReplica)).ShouldBe([0]);
    }

    [Fact]
    public async Task A_deleted_topic_is_unknown_and_made_again_another_one()
    {
        _broker.Create("t", partitions: 2).Create("u");
        FetchRequest request = Request(0, 0, (0, 0), (1, 0));
        request.Topics = [.. request.Topics, .. Named("u", Request(0, 0, (0, 0)).Topics)];
        FetchResponse full = await Send(request, 13);
        Indexes(await Fetch(full.SessionId, 1, version: 13)).ShouldBeEmpty();
        _broker.Delete("t", 2);

        // Nothing can be read there, so that the other topic is waited for.
        Task<FetchResponse> polling = Send(Waiting(Request(full.SessionId, 2)), 13);
        polling.IsCompleted.ShouldBeFalse();
        _broker.Time.Advance(TimeSpan.FromMilliseconds(520));
        Codes(await polling).ShouldBe([ErrorCode.UnknownTopicOrPartition, ErrorCode.UnknownTopicOrPartition]);
        polling = Send(Waiting(Request(full.SessionId, 3)), 13);
        await _broker.Append("u", DataBroker.Batch(1));
        Codes(await polling).ShouldBe([ErrorCode.None, ErrorCode.UnknownTopicOrPartition, ErrorCode.UnknownTopicOrPartition]);

        _broker.Create("t", partitions: 2, id: Guid.NewGuid());
        FetchResponse again = await Send(Waiting(Request(full.SessionId, 4)), 13);
        Codes(again).ShouldContain(ErrorCode.InconsistentTopicId);
        again.Responses.SelectMany(t => t.Partitions).Count(p => p.ErrorCode == (short)ErrorCode.InconsistentTopicId).ShouldBe(2);

        // A request of its own knows no name for the id.
        FetchRequest sessionless = Request(0, -1, (0, 0));
        Codes(await Send(sessionless, 13)).ShouldBe([ErrorCode.UnknownTopicId]);
    }

    [Fact]
    public async Task When_nothing_can_be_read_nobody_waits()
    {
        _broker.Create("t").Create("u");
        FetchResponse full = await Fetch(0, 0, version: 13, (0, 0));
        await Fetch(full.SessionId, 1, version: 13);
        _broker.Delete("t", 1);
        Codes(await Send(Waiting(Request(full.SessionId, 2)), 13)).ShouldBe([ErrorCode.UnknownTopicOrPartition]);
        Codes(await Send(Waiting(Request(full.SessionId, 3)), 13)).ShouldBe([ErrorCode.UnknownTopicOrPartition]);
    }

    [Fact]
    public async Task A_session_has_the_order_of_its_first_answer()
    {
        _broker.Create("t");
        FetchRequest request = Request(0, 0, (0, 0));
        request.Topics = [.. Named("nowhere", Request(0, 0, (0, 0)).Topics), .. request.Topics];
        FetchResponse full = await Send(request);
        full.Responses.Select(t => t.Topic).ShouldBe(["t", "nowhere"]);
        _broker.Delete("t", 1);
        (await Fetch(full.SessionId, 1)).Responses.Select(t => t.Topic).ShouldBe(["t", "nowhere"]);
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
        FetchSession small = Create(cache, 1, 0)!;
        FetchSession large = Create(cache, 5, 0)!;

        // All are young and equal in kind: no room.
        Create(cache, 9, 1000).ShouldBeNull();

        // A broker's session puts out the smallest of the consumers'.
        FetchSession follower = Create(cache, 1, 1000, isFollower: true)!;
        follower.ShouldNotBeNull();
        cache.Find(small.Id, 1000).ShouldBeNull();

        // Old but busy: only a larger one may take its place.
        cache.Find(large.Id, 130_000).ShouldBe(large);
        cache.Find(follower.Id, 130_000).ShouldBe(follower);
        Create(cache, 4, 130_000).ShouldBeNull();
        FetchSession larger = Create(cache, 6, 130_000)!;
        larger.ShouldNotBeNull();
        cache.Find(large.Id, 130_000).ShouldBeNull();

        // Idle for longer than two minutes: anybody may.
        Create(cache, 1, 260_000).ShouldNotBeNull();
        cache.Count.ShouldBe(2);
        Create(new FetchSessionCache(0, new Random(1)), 1, 0).ShouldBeNull();
        Create(new FetchSessionCache(1, new Random(1)), FetchSessionCache.MaxPartitions + 1, 0).ShouldBeNull();
    }

    [Fact]
    public void All_sessions_together_keep_the_limit_of_partitions_and_the_idle_make_room_first()
    {
        const int Most = FetchSessionCache.MaxPartitions;
        FetchSessionCache cache = new(10, new Random(1));
        FetchSession large = Create(cache, Most - 1, 0)!;
        FetchSession small = Create(cache, 1, 1000)!;
        Create(cache, 1, 2000).ShouldBeNull();

        // Who would grow beyond the limit goes, and nobody else.
        cache.TryGrow(small, 1, 2000).ShouldBeFalse();
        cache.Find(small.Id, 2000).ShouldBeNull();
        cache.TryGrow(small, 1, 2000).ShouldBeFalse();
        FetchSession next = Create(cache, 1, 2000)!;
        Create(cache, Most + 1, 200_000).ShouldBeNull();
        cache.Count.ShouldBe(2);

        // Once the large one has been idle for two minutes it makes room, for what grows and for what is new.
        cache.Find(next.Id, 130_000).ShouldBe(next);
        cache.TryGrow(next, 5, 130_000).ShouldBeTrue();
        cache.Find(large.Id, 130_000).ShouldBeNull();
        next.Count.ShouldBe(6);
        Create(cache, Most - 6, 130_000).ShouldNotBeNull();
        Create(cache, 1, 130_000).ShouldBeNull();
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

    private static FetchSession? Create(FetchSessionCache cache, int partitions, long nowMs, bool isFollower = false)
    {
        FetchSession session = new(usesTopicIds: false, isFollower);
        session.Update(Request(0, 0, [.. Enumerable.Range(0, partitions).Select(p => (p, 0L))]));
        return cache.TryAdd(session, nowMs) ? session : null;
    }

    private static ErrorCode[] Codes(FetchResponse response) => [.. response.Responses.SelectMany(t => t.Partitions).Select(p => (ErrorCode)p.ErrorCode)];

    private static FetchRequest Waiting(FetchRequest request, int minBytes = 1)
    {
        request.MaxWaitMs = 500;
        request.MinBytes = minBytes;
        return request;
    }

    private static FetchRequest.FetchTopic[] Named(string topic, FetchRequest.FetchTopic[] topics)
    {
        topics[0].Topic = topic;
        topics[0].TopicId = DataBroker.IdOf(topic);
        return topics;
    }

    /// <summary>How many wait at each partition.</summary>
    private int[] Watched() => [.. Enumerable.Range(0, 9).Select(p => _broker.Table.Find("t", p)).OfType<Partition>().Select(p => p.Waiters.Count)];

    /// <summary>The topics that the authorizer is asked for from now on: one call for each partition that a fetch looks at.</summary>
    private List<string> AskedTopics()
    {
        List<string> asked = [];
        _broker.Authorizer.Rule = (_, _, topic) =>
        {
            asked.Add(topic);
            return true;
        };
        return asked;
    }

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
                    Partitions = [.. partitions.Select(p => new FetchRequest.FetchPartition
                    {
                        Partition = p.Partition, FetchOffset = p.Offset, PartitionMaxBytes = 1_000_000,
                    })],
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
