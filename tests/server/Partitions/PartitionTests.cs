using Broker.Protocol;
using Broker.Protocol.Messages;
using Broker.Protocol.Records;
using Broker.Server.Partitions;
using Broker.Server.Tests.Data;
using Broker.Storage;

namespace Broker.Server.Tests.Partitions;

public sealed class PartitionTests : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(1);

    private readonly DataBroker _broker = new();

    public void Dispose() => _broker.Dispose();

    [Fact]
    public async Task Appends_get_offsets_in_order_and_one_replica_needs_no_waiting()
    {
        Partition partition = _broker.Create("t")["t"];
        for (int i = 0; i < 5; i++)
        {
            ValueTask<AppendOutcome> appending = partition.ProduceAsync(DataBroker.Batch(3), -1, Patience, allowZstd: true);
            appending.IsCompleted.ShouldBeTrue();
            AppendOutcome outcome = await appending;
            outcome.ShouldBe(new AppendOutcome(ErrorCode.None, i * 3, -1, 0));
        }

        partition.Log!.HighWatermark.ShouldBe(15);
        _broker.Wheel.Count.ShouldBe(0);
    }

    [Fact]
    public async Task An_append_overtaken_before_the_lock_gets_a_new_timestamp()
    {
        Partition partition = _broker.Create("t", config: new LogConfig { TimestampType = TimestampType.LogAppendTime })["t"];
        AppendOutcome first = await partition.ProduceAsync(DataBroker.Batch(1), 1, Patience, true);
        // The second reads its timestamp before the first does, but takes the lock after it.
        DateTimeOffset firstAt = DateTimeOffset.FromUnixTimeMilliseconds(first.LogAppendTimeMs);
        _broker.Time.AdjustTime(firstAt.AddMilliseconds(-50));
        _broker.Time.AutoAdvanceAmount = TimeSpan.FromMilliseconds(60);
        byte[] overtaken = DataBroker.Batch(1);
        AppendOutcome second = await partition.ProduceAsync(overtaken, 1, Patience, true);
        second.Error.ShouldBe(ErrorCode.None);
        second.LogAppendTimeMs.ShouldBe(first.LogAppendTimeMs + 10);
        BatchHeader.VerifyCrc(overtaken).ShouldBeTrue();
    }

    [Fact]
    public async Task No_append_begins_once_the_broker_stops()
    {
        Partition partition = _broker.Create("t", replicas: [1, 2])["t"];
        ValueTask<AppendOutcome> waiting = partition.ProduceAsync(DataBroker.Batch(2), -1, Patience, true);
        _broker.Table.StopAppends();
        (await waiting).Error.ShouldBe(ErrorCode.KafkaStorageError);
        (await partition.ProduceAsync(DataBroker.Batch(2), 1, Patience, true)).Error.ShouldBe(ErrorCode.KafkaStorageError);
        partition.Log!.LogEndOffset.ShouldBe(2);
    }

    [Fact]
    public async Task Acks_all_waits_for_the_in_sync_replica()
    {
        Partition partition = _broker.Create("t", replicas: [1, 2])["t"];
        ValueTask<AppendOutcome> appending = partition.ProduceAsync(DataBroker.Batch(2), -1, Patience, true);
        appending.IsCompleted.ShouldBeFalse();
        partition.Log!.HighWatermark.ShouldBe(0);
        partition.NoteFollowerFetch(new FollowerFetch(2, -1, -1, 1, 0)).ShouldBe(ErrorCode.None);
        appending.IsCompleted.ShouldBeFalse();
        partition.NoteFollowerFetch(new FollowerFetch(2, -1, -1, 2, 0));
        (await appending).Error.ShouldBe(ErrorCode.None);
        partition.Waiters.Count.ShouldBe(0);
        _broker.Wheel.Count.ShouldBe(0);
    }

    [Fact]
    public async Task Acks_one_does_not_wait()
    {
        Partition partition = _broker.Create("t", replicas: [1, 2])["t"];
        ValueTask<AppendOutcome> appending = partition.ProduceAsync(DataBroker.Batch(), 1, Patience, true);
        appending.IsCompleted.ShouldBeTrue();
        (await appending).BaseOffset.ShouldBe(0);
    }

    [Fact]
    public async Task Waiting_ends_with_the_time_out_and_the_records_stay()
    {
        Partition partition = _broker.Create("t", replicas: [1, 2])["t"];
        ValueTask<AppendOutcome> appending = partition.ProduceAsync(DataBroker.Batch(), -1, Patience, true);
        _broker.Time.Advance(Patience * 2);
        AppendOutcome outcome = await appending;
        outcome.Error.ShouldBe(ErrorCode.RequestTimedOut);
        outcome.BaseOffset.ShouldBe(0);
        partition.Log!.LogEndOffset.ShouldBe(1);
        partition.Waiters.Count.ShouldBe(0);
    }

    [Fact]
    public async Task Waiting_ends_when_another_broker_becomes_leader()
    {
        Partition partition = _broker.Create("t", replicas: [1, 2])["t"];
        ValueTask<AppendOutcome> appending = partition.ProduceAsync(DataBroker.Batch(), -1, Patience, true);
        _broker.Assign("t", 1, leader: 2, replicas: [1, 2]);
        (await appending).Error.ShouldBe(ErrorCode.NotLeaderOrFollower);
        (await partition.ProduceAsync(DataBroker.Batch(), 1, Patience, true)).Error.ShouldBe(ErrorCode.NotLeaderOrFollower);
    }

    [Fact]
    public async Task Too_few_in_sync_writes_nothing()
    {
        LogConfig config = new() { MinInSyncReplicas = 2 };
        Partition partition = _broker.Create("t", config: config, replicas: [1, 2], isr: [1])["t"];
        (await partition.ProduceAsync(DataBroker.Batch(), -1, Patience, true)).Error.ShouldBe(ErrorCode.NotEnoughReplicas);
        partition.Log!.LogEndOffset.ShouldBe(0);
        (await partition.ProduceAsync(DataBroker.Batch(), 1, Patience, true)).Error.ShouldBe(ErrorCode.None);
        partition.Log.HighWatermark.ShouldBe(0);
    }

    [Fact]
    public async Task A_duplicate_waits_like_its_original()
    {
        Partition partition = _broker.Create("t", replicas: [1, 2])["t"];
        BatchOptions idempotent = new() { ProducerId = 9, ProducerEpoch = 0, BaseSequence = 0 };
        ValueTask<AppendOutcome> original = partition.ProduceAsync(DataBroker.Batch(3, idempotent), -1, Patience, true);
        ValueTask<AppendOutcome> duplicate = partition.ProduceAsync(DataBroker.Batch(3, idempotent), -1, Patience, true);
        duplicate.IsCompleted.ShouldBeFalse();
        partition.Log!.LogEndOffset.ShouldBe(3);
        partition.NoteFollowerFetch(new FollowerFetch(2, -1, -1, 3, 0));
        (await original).BaseOffset.ShouldBe(0);
        (await duplicate).ShouldBe(new AppendOutcome(ErrorCode.None, 0, 1_700_000_000_002, 0) { }, "the original's offsets");
    }

    [Fact]
    public async Task Producers_errors_reach_the_outcome()
    {
        Partition partition = _broker.Create("t")["t"];
        (await partition.ProduceAsync(DataBroker.Batch(1, new BatchOptions { ProducerId = 9, ProducerEpoch = 1, BaseSequence = 0 }), -1, Patience,
            true)).Error.ShouldBe(ErrorCode.None);
        (await partition.ProduceAsync(DataBroker.Batch(1, new BatchOptions { ProducerId = 9, ProducerEpoch = 1, BaseSequence = 5 }), -1, Patience,
            true)).Error.ShouldBe(ErrorCode.OutOfOrderSequenceNumber);
        (await partition.ProduceAsync(DataBroker.Batch(1, new BatchOptions { ProducerId = 9, ProducerEpoch = 0, BaseSequence = 1 }), -1, Patience,
            true)).Error.ShouldBe(ErrorCode.InvalidProducerEpoch);
    }

    [Fact]
    public async Task A_failed_write_changes_nothing_and_the_next_one_works()
    {
        Partition partition = _broker.Create("t")["t"];
        await partition.ProduceAsync(DataBroker.Batch(), -1, Patience, true);
        BatchOptions idempotent = new() { ProducerId = 9, ProducerEpoch = 0, BaseSequence = 0 };
        _broker.Disk.BeforeChange = (change, path) =>
        {
            if (change == Storage.Files.FileChange.Write && path.EndsWith(".log"))
            {
                throw new IOException("no space");
            }
        };
        (await partition.ProduceAsync(DataBroker.Batch(2, idempotent), -1, Patience, true)).Error.ShouldBe(ErrorCode.KafkaStorageError);
        _broker.Disk.BeforeChange = null;
        partition.Log!.LogEndOffset.ShouldBe(1);
        AppendOutcome retried = await partition.ProduceAsync(DataBroker.Batch(2, idempotent), -1, Patience, true);
        retried.ShouldBe(new AppendOutcome(ErrorCode.None, 1, -1, 0));
    }

    [Fact]
    public async Task A_disk_that_fails_for_good_takes_the_partition_offline()
    {
        Partition partition = _broker.Create("t")["t"];
        await partition.ProduceAsync(DataBroker.Batch(), -1, Patience, true);
        _broker.Disk.BeforeChange = (_, _) => throw new IOException("the disk is gone");
        (await partition.ProduceAsync(DataBroker.Batch(), -1, Patience, true)).Error.ShouldBe(ErrorCode.KafkaStorageError);
        _broker.DirectoryFailures.ShouldBe(1);
        partition.State.Role.ShouldBe(PartitionRole.Offline);
        partition.Fetch(new FetchQuery { MaxBytes = 100, CurrentLeaderEpoch = -1, LastFetchedEpoch = -1, ReplicaId = -1 }, 100, true,
            nowMs: 0).Error.ShouldBe(ErrorCode.KafkaStorageError);
        _broker.Table.FailOfflineLogs();
        _broker.Assign("t", 1, leader: 1).ShouldBe([ErrorCode.KafkaStorageError]);
    }

    [Fact]
    public async Task Log_append_time_stamps_the_batch()
    {
        Partition partition = _broker.Create("t", config: new LogConfig { TimestampType = TimestampType.LogAppendTime })["t"];
        _broker.Time.Advance(TimeSpan.FromSeconds(5));
        (await partition.ProduceAsync(DataBroker.Batch(), -1, Patience, true)).LogAppendTimeMs.ShouldBe(1_700_000_005_000);
    }

    [Fact]
    public async Task The_brokers_own_batches_are_appended_as_they_are()
    {
        Partition partition = _broker.Create("__consumer_offsets",
            config: new LogConfig { CleanupCompact = true, CleanupDelete = false })["__consumer_offsets"];
        int epoch = partition.State.LeaderEpoch;
        (await partition.AppendAsync(DataBroker.Batch(4), -1, Patience, AppendOrigin.Coordinator, epoch)).ShouldBe(new AppendOutcome(ErrorCode.None, 0, -1, 0));
        (await partition.AppendAsync(new byte[30], -1, Patience, AppendOrigin.Coordinator, epoch)).Error.ShouldBe(ErrorCode.CorruptMessage);
    }

    [Fact]
    public async Task A_batch_made_in_an_earlier_leader_epoch_is_refused()
    {
        Partition partition = _broker.Create("__consumer_offsets")["__consumer_offsets"];
        int former = partition.State.LeaderEpoch;
        _broker.Assign("__consumer_offsets", 1, DataBroker.Id);
        partition.State.LeaderEpoch.ShouldBeGreaterThan(former);
        (await partition.AppendAsync(DataBroker.Batch(4), -1, Patience, AppendOrigin.Coordinator, former)).Error.ShouldBe(ErrorCode.NotLeaderOrFollower);
        partition.Log!.LogEndOffset.ShouldBe(0);
    }

    [Fact]
    public async Task Many_producers_at_once_leave_a_dense_log()
    {
        Partition partition = _broker.Create("t")["t"];
        await Parallel.ForEachAsync(Enumerable.Range(0, 200), async (_, _) =>
            (await partition.ProduceAsync(DataBroker.Batch(5), -1, Patience, true)).Error.ShouldBe(ErrorCode.None));
        FetchResponse.PartitionData data = new();
        partition.Log!.LogEndOffset.ShouldBe(1000);
        partition.Log.HighWatermark.ShouldBe(1000);
        FetchAnswer answer = partition.Fetch(new FetchQuery { MaxBytes = int.MaxValue, CurrentLeaderEpoch = -1, LastFetchedEpoch = -1, ReplicaId = -1 },
            int.MaxValue, true, nowMs: 0);
        data.Records = new Broker.Server.Apis.Fetching.LogRecords(answer.Slice!, partition.Log.Directory, true);
        DataBroker.OffsetsIn(data).ShouldBe(Enumerable.Range(0, 1000).Select(i => (long)i));
    }

    [Fact]
    public async Task Maintenance_of_the_table_changes_the_logs_and_their_settings()
    {
        LogConfig config = new() { SegmentBytes = 400, RetentionBytes = 500, FileDeleteDelayMs = 0 };
        Partition partition = _broker.Create("t", config: config)["t"];
        for (int i = 0; i < 20; i++)
        {
            await partition.ProduceAsync(DataBroker.Batch(1, valueBytes: 100), -1, Patience, true);
        }

        _broker.Table.DeleteOldSegments("/data").ShouldBePositive();
        partition.Log!.LogStartOffset.ShouldBePositive();
        _broker.Table.ExpireProducers("/data");
        _broker.Table.Configure("t", _ => config with { MaxMessageBytes = 10 });
        (await partition.ProduceAsync(DataBroker.Batch(), -1, Patience, true)).Error.ShouldBe(ErrorCode.MessageTooLarge);
        _broker.Table.Configure(null, topic => config with { MaxMessageBytes = topic == "t" ? 1000 : 1 });
        (await partition.ProduceAsync(DataBroker.Batch(), -1, Patience, true)).Error.ShouldBe(ErrorCode.None);
    }

    [Fact]
    public async Task A_record_in_the_place_of_another_one_acknowledges_only_itself()
    {
        // A leader of epoch 1 appends; it follows in 2, is cut, leads again in 3, and other records come to the same offsets.
        int[] both = [1, 2];
        Partition partition = _broker.Create("t", replicas: both, isr: [1])["t"];
        int first = partition.State.LeaderEpoch;
        await partition.ProduceAsync(DataBroker.Batch(), 1, Patience, true);
        partition.Acknowledge(0, first).ShouldBe(AckVerdict.Acknowledged);
        _broker.Assign("t", 1, 2, both, both, first + 1).ShouldBe([ErrorCode.None]);
        partition.Acknowledge(0, first).ShouldBe(AckVerdict.NotLeader);
        partition.Maintain(log => log.TruncateFullyAndStartAt(0, 0));
        _broker.Assign("t", 1, 1, both, [1], first + 2).ShouldBe([ErrorCode.None]);
        await partition.ProduceAsync(DataBroker.Batch(), 1, Patience, true);
        partition.Acknowledge(0, first + 2).ShouldBe(AckVerdict.Acknowledged);
        partition.Acknowledge(0, first).ShouldBe(AckVerdict.NotLeader);
    }
}
