using Broker.Protocol;
using Broker.Protocol.Compression;
using Broker.Protocol.Messages;
using Broker.Protocol.Records;
using Broker.Server.Partitions;
using Broker.Storage;

namespace Broker.Server.Tests.Data;

public sealed class ProduceApiTests : IDisposable
{
    private readonly DataBroker _broker = new();

    public void Dispose() => _broker.Dispose();

    [Fact]
    public async Task A_client_that_sends_no_more_gets_the_answer_of_its_waiting_append()
    {
        _broker.Create("t");
        AppendGate gate = _broker["t"].Gate!;
        for (int i = 0; i < AppendGate.MaxAppends(Environment.ProcessorCount); i++)
        {
            await gate.Enter(CancellationToken.None);
        }

        Task<ProduceResponse.PartitionProduceResponse> appending = _broker.Append("t", DataBroker.Batch(1));
        appending.IsCompleted.ShouldBeFalse();
        _broker.Connection.EndClient();
        for (int i = 0; i < AppendGate.MaxAppends(Environment.ProcessorCount); i++)
        {
            gate.Leave();
        }

        (await appending).ErrorCode.ShouldBe((short)ErrorCode.None);
    }

    [Fact]
    public async Task Every_version_with_batches_is_taken_and_the_older_ones_are_named()
    {
        _broker.Create("t");
        for (short version = 0; version <= 11; version++)
        {
            ProduceResponse.PartitionProduceResponse answer = await _broker.Append("t", DataBroker.Batch(2), version: version);
            if (version < 3)
            {
                answer.ErrorCode.ShouldBe((short)ErrorCode.UnsupportedForMessageFormat);
                answer.BaseOffset.ShouldBe(-1);
            }
            else
            {
                answer.ErrorCode.ShouldBe((short)0);
                answer.BaseOffset.ShouldBe((version - 3) * 2);
                answer.LogStartOffset.ShouldBe(0);
                answer.LogAppendTimeMs.ShouldBe(-1);
            }
        }
    }

    [Fact]
    public async Task Each_refusal_has_its_code()
    {
        _broker.Create("t").Create("__consumer_offsets").Create("elsewhere");
        _broker.Assign("elsewhere", 1, leader: 2, replicas: [2]);
        (await Error("nowhere", DataBroker.Batch())).ShouldBe(ErrorCode.UnknownTopicOrPartition);
        (await Error("t", DataBroker.Batch(), partition: 5)).ShouldBe(ErrorCode.UnknownTopicOrPartition);
        (await Error("__consumer_offsets", DataBroker.Batch())).ShouldBe(ErrorCode.InvalidTopicException);
        (await Error("t", DataBroker.Batch(), acks: 2)).ShouldBe(ErrorCode.InvalidRequiredAcks);
        (await Error("t", [])).ShouldBe(ErrorCode.InvalidRecord);
        (await Error("t", [.. DataBroker.Batch(), .. DataBroker.Batch()])).ShouldBe(ErrorCode.InvalidRecord);
        (await Error("t", DataBroker.Batch(1, new BatchOptions { Compression = CompressionType.Zstd }),
            version: 6)).ShouldBe(ErrorCode.UnsupportedCompressionType);
        (await Error("t", DataBroker.Batch(1, new BatchOptions { Compression = CompressionType.Zstd }), version: 7)).ShouldBe(ErrorCode.None);
        (await Error("t", DataBroker.Batch(1, valueBytes: 2_000_000))).ShouldBe(ErrorCode.MessageTooLarge);
        byte[] broken = DataBroker.Batch();
        broken[^1] ^= 1;
        (await Error("t", broken)).ShouldBe(ErrorCode.CorruptMessage);
        _broker.Authorizer.Rule = (_, _, name) => name != "t";
        (await Error("t", DataBroker.Batch())).ShouldBe(ErrorCode.TopicAuthorizationFailed);
    }

    [Fact]
    public async Task Kafkas_repair_tool_may_write_internal_topics()
    {
        _broker.Create("__consumer_offsets");
        ProduceResponse? response = await _broker.Send(_broker.Produce, DataBroker.ProduceOf("__consumer_offsets", DataBroker.Batch()), 9, "__admin_client");
        response!.Responses[0].PartitionResponses[0].ErrorCode.ShouldBe((short)0);
    }

    [Fact]
    public async Task Transactions_get_a_fatal_error_for_every_partition()
    {
        _broker.Create("t");
        ProduceRequest named = DataBroker.ProduceOf("t", DataBroker.Batch());
        named.TransactionalId = "mine";
        (await _broker.Send(_broker.Produce, named,
            9))!.Responses[0].PartitionResponses[0].ErrorCode.ShouldBe((short)ErrorCode.TransactionalIdAuthorizationFailed);
        byte[] batch = DataBroker.Batch(1, new BatchOptions { ProducerId = 1, ProducerEpoch = 0, BaseSequence = 0, Transactional = true });
        (await Error("t", batch)).ShouldBe(ErrorCode.TransactionalIdAuthorizationFailed);
        _broker["t"].Log!.LogEndOffset.ShouldBe(0);
    }

    [Fact]
    public async Task Record_errors_are_named()
    {
        _broker.Create("t", config: new LogConfig { CleanupCompact = true });
        using RecordBatchBuilder builder = new(new BatchOptions());
        builder.Append(1, [1], [1]);
        builder.Append(1, null, [1]);
        ProduceResponse.PartitionProduceResponse answer = await _broker.Append("t", builder.Build());
        answer.ErrorCode.ShouldBe((short)ErrorCode.InvalidRecord);
        answer.RecordErrors.ShouldHaveSingleItem().BatchIndex.ShouldBe(1);
        answer.ErrorMessage.ShouldNotBeNullOrEmpty();
        (await _broker.Append("t", builder.Build(), version: 7)).ErrorCode.ShouldBe((short)ErrorCode.InvalidRecord);
    }

    [Fact]
    public async Task Acks_none_is_not_answered_and_a_failure_closes_the_connection()
    {
        _broker.Create("t");
        (await _broker.Send(_broker.Produce, DataBroker.ProduceOf("t", DataBroker.Batch(), acks: 0), 9)).ShouldBeNull();
        _broker["t"].Log!.LogEndOffset.ShouldBe(1);
        _broker.Connection.CloseReasons.ShouldBeEmpty();
        (await _broker.Send(_broker.Produce, DataBroker.ProduceOf("nowhere", DataBroker.Batch(), acks: 0), 9)).ShouldBeNull();
        _broker.Connection.CloseReasons.ShouldHaveSingleItem().ShouldContain("nowhere-0");
    }

    [Fact]
    public async Task Not_leader_tells_where_the_leader_is()
    {
        _broker.Create("t", replicas: [1, 2]);
        _broker.Assign("t", 1, leader: 2, replicas: [1, 2]);
        ProduceResponse? response = await _broker.Send(_broker.Produce, DataBroker.ProduceOf("t", DataBroker.Batch()), 10);
        ProduceResponse.PartitionProduceResponse answer = response!.Responses[0].PartitionResponses[0];
        answer.ErrorCode.ShouldBe((short)ErrorCode.NotLeaderOrFollower);
        answer.CurrentLeader!.LeaderId.ShouldBe(2);
        answer.CurrentLeader.LeaderEpoch.ShouldBe(2);
        response.NodeEndpoints.ShouldHaveSingleItem().Host.ShouldBe("host2");
        (await _broker.Append("t", DataBroker.Batch(), version: 9)).CurrentLeader.ShouldBeNull();
    }

    [Fact]
    public async Task Several_partitions_are_answered_each_for_itself_when_the_last_is_done()
    {
        _broker.Create("one").Create("two", replicas: [1, 2]);
        ProduceRequest request = DataBroker.ProduceOf("one", DataBroker.Batch());
        request.TopicData = [.. request.TopicData, .. DataBroker.ProduceOf("two", DataBroker.Batch()).TopicData,
            .. DataBroker.ProduceOf("three", DataBroker.Batch()).TopicData];
        Task<ProduceResponse?> sending = _broker.Send(_broker.Produce, request, 9);
        sending.IsCompleted.ShouldBeFalse();
        _broker["two"].NoteFollowerFetch(new FollowerFetch(2, -1, -1, 1, 0));
        ProduceResponse response = (await sending)!;
        response.Responses.Select(t => ((ErrorCode)t.PartitionResponses[0].ErrorCode, t.PartitionResponses[0].BaseOffset))
            .ShouldBe([(ErrorCode.None, 0), (ErrorCode.None, 0), (ErrorCode.UnknownTopicOrPartition, -1)]);
    }

    [Fact]
    public async Task A_repeated_batch_is_answered_like_the_first()
    {
        _broker.Create("t");
        BatchOptions idempotent = new() { ProducerId = 5, ProducerEpoch = 0, BaseSequence = 0 };
        (await _broker.Append("t", DataBroker.Batch(3, idempotent))).BaseOffset.ShouldBe(0);
        await _broker.Append("t", DataBroker.Batch(1));
        ProduceResponse.PartitionProduceResponse again = await _broker.Append("t", DataBroker.Batch(3, idempotent));
        again.ErrorCode.ShouldBe((short)0);
        again.BaseOffset.ShouldBe(0);
        _broker["t"].Log!.LogEndOffset.ShouldBe(4);
    }

    private async Task<ErrorCode> Error(string topic, byte[] batch, short acks = -1, short version = 9, int partition = 0) =>
        (ErrorCode)(await _broker.Append(topic, batch, acks, version, partition)).ErrorCode;
}
