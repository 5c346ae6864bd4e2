using System.Collections.Concurrent;
using Broker.Protocol;
using Broker.Protocol.Messages;
using Broker.Protocol.Records;
using Broker.Server.Partitions;
using Broker.Storage;

namespace Broker.Server.Tests.Data;

public sealed class FetchApiTests : IDisposable
{
    private readonly DataBroker _broker = new();

    public void Dispose() => _broker.Dispose();

    [Fact]
    public async Task Every_version_gives_the_records()
    {
        _broker.Create("t");
        await _broker.Append("t", DataBroker.Batch(3));
        for (short version = 0; version <= 17; version++)
        {
            FetchResponse.PartitionData data = Only(await Fetch(Request("t", 0), version));
            if (version < 4)
            {
                data.ErrorCode.ShouldBe((short)ErrorCode.UnsupportedForMessageFormat);
                continue;
            }

            data.ErrorCode.ShouldBe((short)0, $"version {version}");
            data.HighWatermark.ShouldBe(3);
            data.LastStableOffset.ShouldBe(3);
            data.LogStartOffset.ShouldBe(0);
            data.AbortedTransactions.ShouldBeNull();
            data.PreferredReadReplica.ShouldBe(-1);
            DataBroker.OffsetsIn(data).ShouldBe([0, 1, 2]);
        }
    }

    [Fact]
    public async Task A_fetch_within_a_batch_gives_the_whole_batch()
    {
        _broker.Create("t");
        await _broker.Append("t", DataBroker.Batch(3));
        await _broker.Append("t", DataBroker.Batch(3));
        DataBroker.OffsetsIn(Only(await Fetch(Request("t", 4)))).ShouldBe([3, 4, 5]);
    }

    [Fact]
    public async Task The_first_batch_comes_whole_whatever_the_limits_and_later_partitions_keep_them()
    {
        _broker.Create("t", partitions: 3);
        for (int p = 0; p < 3; p++)
        {
            await _broker.Append("t", DataBroker.Batch(1, valueBytes: 1000), partition: p);
        }

        FetchRequest request = Request("t", 0, partitions: 3, maxBytes: 10);
        FetchResponse response = await Fetch(request);
        response.Responses[0].Partitions.Select(p => DataBroker.BytesOf(p).Length > 0).ShouldBe([true, false, false]);
        request = Request("t", 0, partitions: 3);
        request.MaxBytes = 1500;
        response = await Fetch(request);
        response.Responses[0].Partitions.Select(p => DataBroker.OffsetsIn(p).Length).ShouldBe([1, 0, 0]);
        response.Responses[0].Partitions.ShouldAllBe(p => p.HighWatermark == 1);
    }

    [Fact]
    public async Task Each_refusal_has_its_code_and_empty_records()
    {
        _broker.Create("t", replicas: [1, 2], isr: [1]).Create("followed", replicas: [1, 2]);
        _broker.Assign("followed", 1, leader: 2, replicas: [1, 2]);
        await _broker.Append("t", DataBroker.Batch(3));
        int epoch = _broker["t"].State.LeaderEpoch;
        await Refused(Request("nowhere", 0), ErrorCode.UnknownTopicOrPartition);
        await Refused(Request("nowhere", 0), ErrorCode.UnknownTopicId, version: 13);
        await Refused(Request("t", -1), ErrorCode.OffsetOutOfRange);
        await Refused(Request("t", 4), ErrorCode.OffsetOutOfRange);
        await Refused(Request("t", 0, epoch: epoch - 1), ErrorCode.FencedLeaderEpoch);
        await Refused(Request("t", 0, epoch: epoch + 1), ErrorCode.UnknownLeaderEpoch);
        await Refused(Request("followed", 0), ErrorCode.NotLeaderOrFollower, version: 10);
        await Refused(Request("t", 0, replica: 9), ErrorCode.NotLeaderOrFollower);
        await Refused(Request("t", 0, replica: 9, epoch: epoch), ErrorCode.UnknownLeaderEpoch);
        FetchResponse.PartitionData fenced = await Refused(Request("t", 0, epoch: epoch - 1), ErrorCode.FencedLeaderEpoch, version: 16);
        fenced.CurrentLeader!.LeaderId.ShouldBe(1);
        _broker.Authorizer.Rule = (_, _, _) => false;
        await Refused(Request("t", 0), ErrorCode.TopicAuthorizationFailed);
    }

    [Fact]
    public async Task A_consumer_may_read_from_a_follower_up_to_its_high_watermark()
    {
        _broker.Create("t", replicas: [1, 2], isr: [1]);
        await _broker.Append("t", DataBroker.Batch(3));
        _broker.Assign("t", 1, leader: 2, replicas: [1, 2]);
        DataBroker.OffsetsIn(Only(await Fetch(Request("t", 0), 11))).ShouldBe([0, 1, 2]);
    }

    [Fact]
    public async Task Consumers_see_the_high_watermark_and_replicas_the_end()
    {
        _broker.Create("t", replicas: [1, 2]);
        await _broker.Append("t", DataBroker.Batch(3), acks: 1);
        DataBroker.BytesOf(Only(await Fetch(Request("t", 0)))).ShouldBeEmpty();
        Only(await Fetch(Request("t", 2))).ErrorCode.ShouldBe((short)0); // between high watermark and end: nothing, no error
        foreach (short version in new short[] { 12, 17 })
        {
            DataBroker.OffsetsIn(Only(await Fetch(Request("t", 0, replica: 2), version))).ShouldBe([0, 1, 2]);
        }

        await Fetch(Request("t", 3, replica: 2));
        _broker["t"].Log!.HighWatermark.ShouldBe(3);
        DataBroker.OffsetsIn(Only(await Fetch(Request("t", 0)))).ShouldBe([0, 1, 2]);
    }

    [Fact]
    public async Task A_long_poll_ends_with_the_first_record()
    {
        _broker.Create("t");
        Task<FetchResponse> polling = Fetch(Request("t", 0, maxWaitMs: 500, minBytes: 1));
        polling.IsCompleted.ShouldBeFalse();
        _broker["t"].Waiters.Count.ShouldBe(1);
        await _broker.Append("t", DataBroker.Batch(1));
        DataBroker.OffsetsIn(Only(await polling)).ShouldBe([0]);
        _broker["t"].Waiters.Count.ShouldBe(0);
        _broker.Wheel.Count.ShouldBe(0);
    }

    [Fact]
    public async Task A_long_poll_waits_for_min_bytes_over_its_partitions()
    {
        _broker.Create("t", partitions: 2);
        Task<FetchResponse> polling = Fetch(Request("t", 0, partitions: 2, maxWaitMs: 500, minBytes: 1500));
        await _broker.Append("t", DataBroker.Batch(1, valueBytes: 600), partition: 0);
        await _broker.Append("t", DataBroker.Batch(1, valueBytes: 600), partition: 1);
        polling.IsCompleted.ShouldBeFalse();
        await _broker.Append("t", DataBroker.Batch(1, valueBytes: 600), partition: 0);
        FetchResponse response = await polling;
        response.Responses[0].Partitions.Select(p => DataBroker.OffsetsIn(p).Length).ShouldBe([2, 1]);
    }

    [Fact]
    public async Task A_long_poll_ends_with_its_time_with_what_is_there()
    {
        _broker.Create("t");
        Task<FetchResponse> polling = Fetch(Request("t", 0, maxWaitMs: 500, minBytes: 100_000));
        await _broker.Append("t", DataBroker.Batch(1));
        polling.IsCompleted.ShouldBeFalse();
        _broker.Time.Advance(TimeSpan.FromMilliseconds(520));
        DataBroker.OffsetsIn(Only(await polling)).ShouldBe([0]);
    }

    [Fact]
    public async Task A_long_poll_ends_when_the_leader_goes_or_the_connection()
    {
        _broker.Create("t", replicas: [1, 2]);
        Task<FetchResponse> polling = Fetch(Request("t", 0, maxWaitMs: 500, minBytes: 1), 10);
        _broker.Assign("t", 1, leader: 2, replicas: [1, 2]);
        Only(await polling).ErrorCode.ShouldBe((short)ErrorCode.NotLeaderOrFollower);

        _broker.Create("u");
        polling = Fetch(Request("u", 0, maxWaitMs: 500, minBytes: 1));
        _broker.Connection.Close("gone");
        await polling;
        _broker["u"].Waiters.Count.ShouldBe(0);
    }

    [Fact]
    public async Task Nobody_waits_without_partitions_or_without_time_or_where_nothing_can_be_read()
    {
        _broker.Create("t");
        (await Fetch(new FetchRequest { MaxWaitMs = 500, MinBytes = 1 })).Responses.ShouldBeEmpty();
        await Fetch(Request("t", 0, maxWaitMs: 0, minBytes: 1));
        await Fetch(Request("nowhere", 0, maxWaitMs: 500, minBytes: 1));
        await Fetch(Request("nowhere", 0, maxWaitMs: 500, minBytes: 1), 13);
    }

    [Theory]
    [InlineData(12)]
    [InlineData(13)]
    public async Task What_cannot_be_looked_up_keeps_nobody_from_waiting_and_is_answered_last(short version)
    {
        _broker.Create("t");
        FetchRequest mixed = Request("t", 0, maxWaitMs: 500, minBytes: 1);
        mixed.Topics = [.. Request("nowhere", 0).Topics, .. Request("t", 0, partitions: 2).Topics];
        Task<FetchResponse> polling = Fetch(mixed, version);
        polling.IsCompleted.ShouldBeFalse();
        await _broker.Append("t", DataBroker.Batch(1));
        FetchResponse response = await polling;
        ErrorCode nowhere = version < 13 ? ErrorCode.UnknownTopicOrPartition : ErrorCode.UnknownTopicId;
        Codes(response).ShouldBe([ErrorCode.None, nowhere, ErrorCode.UnknownTopicOrPartition]);
        DataBroker.OffsetsIn(response.Responses[0].Partitions[0]).ShouldBe([0]);

        polling = Fetch(Beside("nowhere", Request("t", 1, maxWaitMs: 500, minBytes: 1)), version);
        polling.IsCompleted.ShouldBeFalse();
        _broker.Time.Advance(TimeSpan.FromMilliseconds(520));
        Codes(await polling).ShouldBe([ErrorCode.None, nowhere]);
    }

    [Fact]
    public async Task Who_may_not_read_a_topic_waits_for_another()
    {
        _broker.Create("t").Create("secret");
        _broker.Authorizer.Rule = (_, _, topic) => topic != "secret";
        Task<FetchResponse> polling = Fetch(Beside("secret", Request("t", 0, maxWaitMs: 500, minBytes: 1)));
        polling.IsCompleted.ShouldBeFalse();
        await _broker.Append("secret", DataBroker.Batch(1));
        polling.IsCompleted.ShouldBeFalse();
        await _broker.Append("t", DataBroker.Batch(1));
        Codes(await polling).ShouldBe([ErrorCode.None, ErrorCode.TopicAuthorizationFailed]);
    }

    [Fact]
    public async Task What_reading_finds_is_answered_at_once()
    {
        _broker.Create("t").Create("u");
        FetchRequest mixed = Request("t", 0, maxWaitMs: 500, minBytes: 1);
        mixed.Topics = [.. mixed.Topics, .. Request("u", 99).Topics];
        Codes(await Fetch(mixed)).ShouldBe([ErrorCode.None, ErrorCode.OffsetOutOfRange]);
    }

    [Fact]
    public async Task Of_a_partition_that_is_named_twice_the_last_counts()
    {
        _broker.Create("t");
        FetchRequest twice = Request("t", 0, maxWaitMs: 500, minBytes: 1);
        twice.Topics = [.. twice.Topics, .. Request("t", 7).Topics];
        Codes(await Fetch(twice)).ShouldBe([ErrorCode.OffsetOutOfRange]);
    }

    [Fact]
    public async Task A_diverging_log_is_told_where_to_cut()
    {
        _broker.Create("t");
        await _broker.Append("t", DataBroker.Batch(3));
        int first = _broker["t"].State.LeaderEpoch;
        _broker.Assign("t", 1, leader: 1, epoch: first + 5);
        await _broker.Append("t", DataBroker.Batch(2));
        FetchRequest request = Request("t", 5, maxWaitMs: 500, minBytes: 1);
        request.Topics[0].Partitions[0].LastFetchedEpoch = first;
        FetchResponse.PartitionData data = Only(await Fetch(request, 12));
        data.ErrorCode.ShouldBe((short)0);
        data.DivergingEpoch!.Epoch.ShouldBe(first);
        data.DivergingEpoch.EndOffset.ShouldBe(3);
        DataBroker.BytesOf(data).ShouldBeEmpty();
        request.Topics[0].Partitions[0].FetchOffset = 3;
        Only(await Fetch(request, 12)).DivergingEpoch.ShouldBeNull();
    }

    [Fact]
    public async Task Committed_readers_stop_at_open_transactions_and_learn_of_aborted_ones()
    {
        Partition partition = _broker.Create("t")["t"];
        await Transactional(partition, 1, 0);
        await _broker.Append("t", DataBroker.Batch(1));
        FetchRequest committed = Request("t", 0);
        committed.IsolationLevel = 1;
        FetchResponse.PartitionData data = Only(await Fetch(committed));
        data.LastStableOffset.ShouldBe(0);
        data.AbortedTransactions.ShouldBeEmpty();
        DataBroker.BytesOf(data).ShouldBeEmpty();
        DataBroker.OffsetsIn(Only(await Fetch(Request("t", 0)))).Length.ShouldBe(3);

        Task<FetchResponse> polling = Fetch(Waiting(committed));
        polling.IsCompleted.ShouldBeFalse();
        byte[] marker = RecordBatchBuilder.TransactionMarker(1_700_000_000_000, 1, 0, ControlRecordType.Abort, 0);
        (await partition.AppendAsync(marker, -1, TimeSpan.FromSeconds(1), AppendOrigin.Coordinator,
            partition.State.LeaderEpoch)).Error.ShouldBe(ErrorCode.None);
        data = Only(await polling);
        data.LastStableOffset.ShouldBe(4);
        data.AbortedTransactions.ShouldHaveSingleItem().ProducerId.ShouldBe(1);
        data.AbortedTransactions![0].FirstOffset.ShouldBe(0);
        DataBroker.OffsetsIn(data).ShouldBe([0, 1, 2, 3]);
    }

    [Fact]
    public async Task Old_segments_are_read_off_the_connections_thread()
    {
        _broker.Create("t", config: new LogConfig { SegmentBytes = 500 });
        for (int i = 0; i < 10; i++)
        {
            await _broker.Append("t", DataBroker.Batch(1, valueBytes: 200));
        }

        DataBroker.OffsetsIn(Only(await Fetch(Request("t", 0)))).ShouldContain(0);
        long next = 0;
        while (next < 10)
        {
            long[] offsets = DataBroker.OffsetsIn(Only(await Fetch(Request("t", next))));
            offsets[0].ShouldBe(next);
            next = offsets[^1] + 1;
        }
    }

    [Fact]
    public async Task A_cold_fetch_that_waits_reads_off_the_connections_thread_too()
    {
        _broker.Create("t");
        for (int i = 0; i < 20; i++)
        {
            await _broker.Append("t", DataBroker.Batch(1, valueBytes: 500));
        }
        _broker.Time.Advance(TimeSpan.FromMinutes(3));
        ConcurrentQueue<string?> readers = [];
        _broker.Disk.BeforeRead = _ => readers.Enqueue(Thread.CurrentThread.Name);
        Task<FetchResponse> polling = Fetch(Request("t", 3, maxWaitMs: 500, minBytes: 100_000));
        SpinWait.SpinUntil(() => _broker["t"].Waiters.Count == 1, TimeSpan.FromSeconds(10)).ShouldBeTrue();
        _broker.Time.Advance(TimeSpan.FromMilliseconds(520));
        FetchResponse response = await polling;
        _broker.Disk.BeforeRead = null;
        DataBroker.OffsetsIn(Only(response)).Length.ShouldBe(17);
        readers.Count.ShouldBeGreaterThan(2, "the first look, the place, the last look");
        readers.ShouldAllBe(name => name == "disk");
    }

    [Fact]
    public async Task A_topic_made_again_has_another_id()
    {
        _broker.Create("t");
        FetchRequest request = Request("t", 0);
        request.Topics[0].TopicId = Guid.NewGuid();
        (await Fetch(request, 13)).Responses[0].Partitions[0].ErrorCode.ShouldBe((short)ErrorCode.UnknownTopicId);
    }

    private static ErrorCode[] Codes(FetchResponse response) => [.. response.Responses.SelectMany(t => t.Partitions).Select(p => (ErrorCode)p.ErrorCode)];

    private static FetchRequest Beside(string topic, FetchRequest request)
    {
        request.Topics = [.. Request(topic, 0).Topics, .. request.Topics];
        return request;
    }

    private static FetchRequest Waiting(FetchRequest request)
    {
        request.MaxWaitMs = 500;
        request.MinBytes = 1;
        return request;
    }

    private static async Task Transactional(Partition partition, long producerId, int sequence)
    {
        BatchOptions options = new() { ProducerId = producerId, ProducerEpoch = 0, BaseSequence = sequence, Transactional = true };
        (await partition.AppendAsync(DataBroker.Batch(2, options), -1, TimeSpan.FromSeconds(1), AppendOrigin.Client,
            partition.State.LeaderEpoch)).Error.ShouldBe(ErrorCode.None);
    }

    private static FetchResponse.PartitionData Only(FetchResponse response) => response.Responses.ShouldHaveSingleItem().Partitions.ShouldHaveSingleItem();

    private static FetchRequest Request(
        string topic, long offset, int partitions = 1, int maxBytes = 1_000_000, int maxWaitMs = 0, int minBytes = 0, int epoch = -1, int replica = -1) => new()
        {
            MaxWaitMs = maxWaitMs,
            MinBytes = minBytes,
            MaxBytes = 50_000_000,
            ReplicaId = replica,
            SessionEpoch = -1,
            Topics =
        [
            new()
            {
                Topic = topic,
                TopicId = DataBroker.IdOf(topic),
                Partitions = [.. Enumerable.Range(0, partitions).Select(p => new FetchRequest.FetchPartition
                {
                    Partition = p, FetchOffset = offset, PartitionMaxBytes = maxBytes, CurrentLeaderEpoch = epoch,
                })],
            },
        ],
        };

    private async Task<FetchResponse.PartitionData> Refused(FetchRequest request, ErrorCode expected, short version = 12)
    {
        FetchResponse.PartitionData data = Only(await Fetch(request, version));
        ((ErrorCode)data.ErrorCode).ShouldBe(expected);
        data.HighWatermark.ShouldBe(-1);
        data.LastStableOffset.ShouldBe(-1);
        data.LogStartOffset.ShouldBe(-1);
        data.AbortedTransactions.ShouldBeNull();
        DataBroker.BytesOf(data).ShouldBeEmpty();
        return data;
    }

    private async Task<FetchResponse> Fetch(FetchRequest request, short version = 12)
    {
        // What a version cannot carry would be refused by the writer.
        int epoch = version < 9 ? -1 : request.Topics.FirstOrDefault()?.Partitions[0].CurrentLeaderEpoch ?? -1;
        foreach (FetchRequest.FetchPartition partition in request.Topics.SelectMany(t => t.Partitions))
        {
            partition.CurrentLeaderEpoch = epoch;
        }

        if (version >= 15 && request.ReplicaId >= 0)
        {
            request.ReplicaState = new() { ReplicaId = request.ReplicaId };
            request.ReplicaId = -1;
        }

        return (await _broker.Send(_broker.Fetch, request, version))!;
    }
}
