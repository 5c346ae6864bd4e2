using Broker.Protocol;
using Broker.Protocol.Compression;
using Broker.Protocol.Records;
using Broker.Storage.Files;
using Broker.Storage.Logs;

namespace Broker.Storage.Tests.Logs;

public class PartitionLogTests
{
    [Fact]
    public void Appended_batches_get_dense_offsets_and_the_leaders_epoch_with_their_crc_intact()
    {
        LogScenario log = new() { LeaderEpoch = 4 };
        byte[] batch = LogScenario.Batch(3, log.Now);
        log.Append(2);
        log.Append(batch).ShouldBe(new AppendResult(ErrorCode.None, 4, 2, 4, IsDuplicate: false, -1, 0, FlushNeeded: false));
        List<BatchInfo> read = log.ReadAll();
        read.Select(b => (b.BaseOffset, b.LastOffset, b.PartitionLeaderEpoch)).ShouldBe([(0, 1, 4), (2, 4, 4)]);
        log.Log.Epochs.Entries.ShouldBe([new EpochStart(4, 0)]);
    }

    [Fact]
    public void A_read_starts_with_the_batch_that_holds_the_offset_and_keeps_to_its_bounds()
    {
        LogScenario log = new();
        for (int i = 0; i < 10; i++)
        {
            log.Append(3, valueSize: 100);
        }
        int size = log.ReadAll()[0].SizeInBytes;
        for (long offset = 0; offset < 30; offset++)
        {
            ReadResult read = log.Log.Read(offset, 1 << 20, 30, wholeFirstBatch: true);
            byte[] bytes = LogScenario.BytesOf(read);
            BatchInfo.TryRead(bytes, out BatchInfo first);
            first.BaseOffset.ShouldBe(offset / 3 * 3);
            bytes.Length.ShouldBe((10 - (int)(offset / 3)) * size);
        }
        log.Log.Read(30, 100, 30, wholeFirstBatch: true).ShouldBe(new ReadResult(ErrorCode.None, null, -1, FirstBatchIsCut: false));
        log.Log.Read(31, 100, 31, wholeFirstBatch: true).Error.ShouldBe(ErrorCode.OffsetOutOfRange);
        log.Log.Read(-1, 100, 31, wholeFirstBatch: true).Error.ShouldBe(ErrorCode.OffsetOutOfRange);
        LogScenario.BytesOf(log.Log.Read(4, 1 << 20, 9, wholeFirstBatch: true)).Length.ShouldBe(2 * size);
        LogScenario.BytesOf(log.Log.Read(4, 1, 30, wholeFirstBatch: true)).Length.ShouldBe(size);
        ReadResult cut = log.Log.Read(4, 70, 30, wholeFirstBatch: false);
        cut.FirstBatchIsCut.ShouldBeTrue();
        LogScenario.BytesOf(cut).Length.ShouldBe(70);
        LogScenario.BytesOf(log.Log.Read(4, size + 9, 30, wholeFirstBatch: true)).Length.ShouldBe(size + 9);
    }

    [Fact]
    public void A_waiting_reader_counts_bytes_from_its_place_without_touching_the_disk()
    {
        UnreadableFileSystem disk = new();
        LogScenario log = new(disk: disk);
        for (int i = 0; i < 200; i++)
        {
            log.Append(3).Replicate();
        }
        int size = LogScenario.Batch(3, log.Now).Length;
        LogPlace place = log.Log.PlaceOf(300);
        LogPlace end = log.Log.PlaceOf(600);
        disk.IsUnreadable = true;
        log.Log.BytesFrom(place, 600).ShouldBe(100 * size);
        log.Log.BytesFrom(end, 600).ShouldBe(0);
        log.Log.BytesFrom(place, 597).ShouldBe(99 * size, "an appended batch's place is known for a while");
        log.Log.BytesFrom(place, 330).ShouldBe(long.MaxValue, "what is not known is no reason to wait");
        for (int i = 0; i < 100; i++)
        {
            log.Append(3).Replicate();
            log.Log.BytesFrom(end, log.Log.HighWatermark).ShouldBe((i + 1) * size);
        }

        log.Log.BytesFrom(LogPlace.Unknown, 600).ShouldBe(-1);
        disk.IsUnreadable = false;
        log.Log.Roll(log.Now);
        log.Log.BytesFrom(end, log.Log.HighWatermark).ShouldBe(long.MaxValue, "a place in a rolled segment is answered at once, as Kafka does");
        log.Log.TruncateTo(300, log.Now);
        log.Log.BytesFrom(end, log.Log.HighWatermark).ShouldBe(-1);
    }

    [Fact]
    public void Only_what_this_process_appended_lately_counts_as_cached()
    {
        LogScenario log = new(new LogConfig { SegmentBytes = 1 << 30 });
        log.Append(3).Append(3);
        log.Log.IsRecent(0, log.Now).ShouldBeTrue();
        log.RestartCleanly();
        log.Log.IsRecent(3, log.Now).ShouldBeFalse("what lay there may be on the disk only");
        log.Log.IsRecent(6, log.Now).ShouldBeTrue("who waits at the end reads what comes");
        log.Append(1).Append(1);
        log.Log.IsRecent(6, log.Now).ShouldBeTrue();
        for (int megabytes = 0; megabytes < 80; megabytes++)
        {
            log.Append(1, valueSize: 1_000_000);
        }
        log.Log.IsRecent(6, log.Now).ShouldBeFalse();
        log.Log.IsRecent(log.Log.LogEndOffset - 30, log.Now).ShouldBeTrue();
        log.Log.TruncateTo(20, log.Now);
        log.Log.IsRecent(20, log.Now).ShouldBeTrue("the end is where the next records come");
    }

    [Fact]
    public void What_was_appended_more_than_a_minute_or_so_ago_does_not_count_as_cached()
    {
        LogScenario log = new();
        log.Append(3);
        log.Advance(20_000).Append(3);
        log.Log.IsRecent(0, log.Now).ShouldBeTrue();
        log.Advance(20_000).Append(3).Advance(20_000).Append(3);
        log.Log.IsRecent(0, log.Now).ShouldBeTrue();
        log.Advance(30_000).Append(3);
        log.Log.IsRecent(5, log.Now).ShouldBeFalse("85 seconds");
        log.Log.IsRecent(6, log.Now).ShouldBeTrue("50 seconds");
        log.Advance(60_000);
        log.Log.IsRecent(14, log.Now).ShouldBeFalse("nothing was appended for a minute");
        log.Log.IsRecent(15, log.Now).ShouldBeTrue("the end is where the next records come");
        log.Append(3);
        log.Log.IsRecent(14, log.Now).ShouldBeFalse();
        log.Log.IsRecent(15, log.Now).ShouldBeTrue();
        log.Time.AdjustTime(log.Time.GetUtcNow() - TimeSpan.FromHours(1));
        log.Append(3);
        log.Log.IsRecent(15, log.Now).ShouldBeFalse("nothing is known over a step of the clock");
        log.Log.IsRecent(18, log.Now).ShouldBeTrue();
    }

    [Fact]
    public void A_tailing_reader_finds_its_place_without_touching_the_disk_and_allocates_its_claim_only()
    {
        LogScenario log = new();
        for (int i = 0; i < 2_000; i++)
        {
            log.Append(1, valueSize: 100);
        }
        log.Log.Read(1_999, 1 << 20, 2_000, wholeFirstBatch: true).Slice!.Dispose();
        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 0; i < 100; i++)
        {
            ReadResult read = log.Log.Read(1_990, 1 << 20, 2_000, wholeFirstBatch: true);
            read.Slice!.Dispose();
        }
        ((GC.GetAllocatedBytesForCurrentThread() - before) / 100).ShouldBeLessThanOrEqualTo(64);
    }

    [Fact]
    public void Segments_roll_by_size_time_and_index_and_reads_cross_them()
    {
        LogScenario log = new(new LogConfig { SegmentBytes = 1000, SegmentMs = 5_000 });
        log.Append(1, 400).Append(1, 400).Append(1, 400);
        log.Log.SegmentCount.ShouldBe(2);
        log.Advance(5_001).Append(1);
        log.Log.SegmentCount.ShouldBe(3);
        log.ShouldHold(0, 1, 2, 3);
        log.Disk.FileExists(log.FileOf(2, ".snapshot")).ShouldBeTrue("a roll writes the producers' state");
        log.Append(LogScenario.Batch(1, log.Now, valueSize: 2000)).Error.ShouldBe(ErrorCode.RecordListTooLarge);

        LogScenario small = new(new LogConfig { SegmentIndexBytes = 24, IndexIntervalBytes = 0 });
        small.Append().Append().Append().Append();
        small.Log.SegmentCount.ShouldBe(2, "two entries fill a time index of 24 bytes less one kept slot");
        small.ShouldHold(0, 1, 2, 3);
    }

    [Fact]
    public void Retention_deletes_whole_old_segments_by_size_time_and_start()
    {
        LogScenario log = new(new LogConfig { SegmentBytes = 1000, RetentionBytes = 1500, RetentionMs = 60_000 });
        for (int i = 0; i < 6; i++)
        {
            log.Append(1, 800);
        }
        log.Log.DeleteOldSegments(log.Now).ShouldBe(0, "nothing is replicated");
        log.Replicate();
        log.Log.DeleteOldSegments(log.Now).ShouldBe(4);
        log.Log.LogStartOffset.ShouldBe(4);
        log.Disk.FileExists(log.FileOf(0, ".log.deleted")).ShouldBeTrue();
        log.Log.Read(3, 100, 6, wholeFirstBatch: true).Error.ShouldBe(ErrorCode.OffsetOutOfRange);
        log.Advance(60_000);
        log.Directory.RunDelayedDeletes();
        log.Disk.FileExists(log.FileOf(0, ".log.deleted")).ShouldBeFalse();

        log.Log.IncrementLogStartOffset(5).ShouldBe(ErrorCode.None);
        log.Log.IncrementLogStartOffset(7).ShouldBe(ErrorCode.OffsetOutOfRange);
        log.Log.DeleteOldSegments(log.Now).ShouldBe(1);
        log.Advance(1);
        log.Log.DeleteOldSegments(log.Now).ShouldBe(1, "too old, and the active one with it");
        log.Log.LogStartOffset.ShouldBe(6);
        log.Log.SegmentCount.ShouldBe(1);
        log.Append().ShouldHold(6);
        log.RestartCleanly().ShouldHold(6);
    }

    [Fact]
    public void A_compacted_log_keeps_its_records()
    {
        LogScenario log = new(new LogConfig { SegmentBytes = 1000, RetentionBytes = 0, CleanupDelete = false, CleanupCompact = true });
        for (int i = 0; i < 6; i++)
        {
            log.Append(1, 800);
        }
        log.Replicate();
        log.Log.DeleteOldSegments(log.Now).ShouldBe(0);
    }

    [Fact]
    public void A_claim_keeps_its_file_until_it_is_given_back_and_is_void_where_the_log_was_cut()
    {
        LogScenario log = new(new LogConfig { SegmentBytes = 1000, RetentionBytes = 0, FileDeleteDelayMs = 0 });
        log.Append(1, 800).Append(1, 100).Append(1, 100).Replicate();
        LogSlice old = log.Log.Read(0, 5000, 3, wholeFirstBatch: true).Slice!;
        LogSlice tail = log.Log.Read(1, 5000, 3, wholeFirstBatch: true).Slice!;
        log.Log.DeleteOldSegments(log.Now).ShouldBe(2);
        log.Directory.RunDelayedDeletes();
        byte[] bytes = new byte[old.Length];
        old.ReadAt(0, bytes).ShouldBe(bytes.Length);
        old.Dispose();
        log.Directory.RunDelayedDeletes();
        log.Disk.FileExists(log.FileOf(0, ".log.deleted")).ShouldBeFalse();
        log.Disk.FileExists(log.FileOf(1, ".log.deleted")).ShouldBeTrue();
        tail.Dispose();

        log.Append(1).Append(1);
        LogSlice whole = log.Log.Read(3, 5000, 5, wholeFirstBatch: true).Slice!;
        LogSlice first = log.Log.Read(3, 5000, 4, wholeFirstBatch: true).Slice!;
        log.Log.TruncateTo(4, log.Now);
        log.Append(1);
        whole.ReadAt(0, new byte[whole.Length]).ShouldBe(0, "its last batch has gone, whatever lies there now");
        first.ReadAt(0, new byte[first.Length]).ShouldBe(first.Length);
    }

    [Fact]
    public void Truncation_removes_whole_batches_producers_epochs_and_aborted_transactions()
    {
        LogScenario log = new(new LogConfig { SegmentBytes = 500 });
        log.AppendOf(1, 0, 0, 2);
        log.LeaderEpoch = 1;
        log.AppendOf(2, 0, 0, 2, transactional: true);
        log.Mark(2, 0, ControlRecordType.Abort);
        log.LeaderEpoch = 2;
        log.Append(5, 40).Append(5, 40).Append(5, 40).Replicate();
        log.Log.SegmentCount.ShouldBeGreaterThan(1);
        log.Log.TruncateTo(100, log.Now);
        log.Log.LogEndOffset.ShouldBe(20);
        log.Log.TruncateTo(4, log.Now);
        log.Log.LogEndOffset.ShouldBe(4);
        log.Log.HighWatermark.ShouldBe(4);
        log.Log.LastStableOffset.ShouldBe(2, "the transaction is open again");
        log.Log.AbortedTransactions(0, 100).ShouldBeEmpty();
        log.Log.Epochs.Entries.ShouldBe([new EpochStart(0, 0), new EpochStart(1, 2)]);
        log.Log.TruncateTo(3, log.Now);
        log.Log.LogEndOffset.ShouldBe(2, "a batch goes whole");
        log.AppendOf(2, 0, 0, 2).Error.ShouldBe(ErrorCode.None, "the producer is forgotten");
        log.AppendOf(1, 0, 0, 2).IsDuplicate.ShouldBeTrue();
        log.ShouldHold(0, 2).KillAndRecover().ShouldHold(0, 2);

        log.Log.TruncateFullyAndStartAt(50, log.Now);
        (log.Log.LogStartOffset, log.Log.HighWatermark, log.Log.LogEndOffset, log.Log.SegmentCount).ShouldBe((50, 50, 50, 1));
        log.Log.Epochs.Entries.ShouldBeEmpty();
        log.Append(2).ShouldHold(50).KillAndRecover().ShouldHold(50);
        log.Log.TruncateFullyAndStartAt(50, log.Now);
        log.Append(3).ShouldHold(50);
        log.Log.TruncateTo(10, log.Now);
        (log.Log.LogStartOffset, log.Log.LogEndOffset).ShouldBe((10, 10));
    }

    [Fact]
    public void Followers_take_the_leaders_offsets_with_gaps_and_refuse_what_does_not_follow()
    {
        LogScenario log = new(new LogConfig { SegmentBytes = 400 });
        byte[] a = LogScenario.Batch(2, log.Now, new BatchOptions { BaseOffset = 5, PartitionLeaderEpoch = 1 });
        byte[] b = LogScenario.Batch(2, log.Now, new BatchOptions { BaseOffset = 20, PartitionLeaderEpoch = 3 });
        byte[] cut = LogScenario.Batch(2, log.Now, new BatchOptions { BaseOffset = 30 });
        AppendResult result = log.Log.AppendAsFollower((byte[])[.. a, .. b, .. cut[..80]], int.MaxValue, log.Now);
        (result.Error, result.BaseOffset, result.LastOffset).ShouldBe((ErrorCode.None, 5, 21));
        log.Log.Epochs.Entries.ShouldBe([new EpochStart(1, 5), new EpochStart(3, 20)]);
        log.ShouldHold(5, 20);
        LogScenario.BytesOf(log.Log.Read(10, 1000, 22, wholeFirstBatch: true)).Length.ShouldBe(b.Length);
        log.Log.AppendAsFollower(a, int.MaxValue, log.Now).Error.ShouldBe(ErrorCode.OffsetOutOfRange);
        b[^1] ^= 1;
        log.Log.AppendAsFollower(b, int.MaxValue, log.Now).Error.ShouldBe(ErrorCode.CorruptMessage);
        log.Log.TruncateTo(12, log.Now);
        log.Log.LogEndOffset.ShouldBe(7, "the log ends with its last batch");
        log.KillAndRecover().ShouldHold(5);
    }

    [Fact]
    public void Times_lead_to_the_first_record_at_or_after_them()
    {
        LogScenario log = new(new LogConfig { SegmentBytes = 2000, IndexIntervalBytes = 200 });
        for (int i = 0; i < 50; i++)
        {
            log.Advance(1000).Append(3, 30);
        }
        log.Log.SegmentCount.ShouldBeGreaterThan(3);
        for (int i = 0; i < 50; i++)
        {
            long at = LogScenario.StartMs + ((i + 1) * 1000);
            log.OffsetForTimestamp(at - 500).ShouldBe(new TimestampOffset(at, i * 3));
            log.OffsetForTimestamp(at + 2).ShouldBe(new TimestampOffset(at + 2, (i * 3) + 2));
        }
        log.OffsetForTimestamp(log.Now + 3).ShouldBeNull();
        log.OffsetOfLargestTimestamp().ShouldBe(new TimestampOffset(log.Now + 2, 149));
        log.Log.TruncateTo(100, log.Now);
        log.OffsetOfLargestTimestamp()!.Value.Offset.ShouldBe(98);
        log.Replicate().Log.IncrementLogStartOffset(50);
        log.OffsetForTimestamp(0)!.Value.Offset.ShouldBe(50);
        log.KillAndRecover().OffsetOfLargestTimestamp()!.Value.Offset.ShouldBe(98);
    }

    [Fact]
    public async Task Of_the_searches_that_take_much_memory_one_runs_at_a_time()
    {
        LogScenario log = new();
        byte[] large = LargeWindow(LogScenario.StartMs);
        log.Append(large).Error.ShouldBe(ErrorCode.None);
        using DecompressionBound bound = new(cores: 8);
        Task<TimestampOffset?>[] searches = Searches();
        await Task.WhenAll(searches);

        Task<TimestampOffset?>[] Searches()
        {
            using DecompressionBound.Permit produce = bound.Enter(large);
            Task<TimestampOffset?>[] begun = [.. Enumerable.Range(0, 3).Select(_ => Task.Factory.StartNew(
                () => log.Log.OffsetForTimestamp(0, bound), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default))];
            SpinWait.SpinUntil(() => bound.Waiting == begun.Length, TimeSpan.FromSeconds(10)).ShouldBeTrue("they go by the same bound as who produces");
            begun.ShouldAllBe(search => !search.IsCompleted);
            return begun;
        }
    }

    /// <summary>A batch whose compressed records declare a window of 128 MiB.</summary>
    private static byte[] LargeWindow(long timestampMs)
    {
        byte[] batch = LogScenario.Batch(1, timestampMs, new BatchOptions { Compression = CompressionType.Zstd });
        // Magic, then the frame's descriptor, then the window's size (RFC 8878).
        int frame = BatchInfo.HeaderSize;
        batch[frame + 4] &= 0xDF;
        batch[frame + 5] = 17 << 3;
        BatchWalker.MemoryFor(batch).ShouldBe(128 << 20);
        return batch;
    }

    [Fact]
    public async Task Waiting_flushes_share_one_fsync()
    {
        LogScenario log = new(new LogConfig { FlushMessages = 1 });
        AppendResult first = log.Append(LogScenario.Batch(1, log.Now));
        first.FlushNeeded.ShouldBeTrue();
        int syncs = 0;
        using SemaphoreSlim entered = new(0);
        using SemaphoreSlim go = new(0);
        log.Memory.BeforeChange = (change, path) =>
        {
            if (change != FileChange.Sync || !path.EndsWith(".log", StringComparison.Ordinal))
            {
                return;
            }
            if (Interlocked.Increment(ref syncs) > 1)
            {
                return;
            }
            entered.Release();
            go.Wait();
        };
        Task one = Task.Run(() => log.Log.Flush(1, 0), TestContext.Current.CancellationToken);
        await entered.WaitAsync(TestContext.Current.CancellationToken);
        log.Append().Append().Append();
        Task[] more = [.. Enumerable.Range(2, 3).Select(end => Task.Run(() => log.Log.Flush(end, 0), TestContext.Current.CancellationToken))];
        go.Release();
        await Task.WhenAll([one, .. more]);
        log.Log.RecoveryPoint.ShouldBe(4);
        syncs.ShouldBe(2, "the three that came while the first was at it share the second");
    }

    [Fact]
    public void Leader_epochs_answer_by_Kafkas_rule_and_survive()
    {
        LogScenario log = new() { LeaderEpoch = 2 };
        log.Append(10);
        log.LeaderEpoch = 5;
        log.Append(10);
        void Check()
        {
            log.Log.EndOffsetFor(-1).ShouldBe(EpochEnd.Undefined);
            log.Log.EndOffsetFor(1).ShouldBe(new EpochEnd(1, 0));
            log.Log.EndOffsetFor(2).ShouldBe(new EpochEnd(2, 10));
            log.Log.EndOffsetFor(4).ShouldBe(new EpochEnd(2, 10));
            log.Log.EndOffsetFor(5).ShouldBe(new EpochEnd(5, 20));
            log.Log.EndOffsetFor(6).ShouldBe(EpochEnd.Undefined);
            log.Log.Epochs.EpochOf(9).ShouldBe(2);
            log.Log.Epochs.EpochOf(10).ShouldBe(5);
        }
        Check();
        log.RestartCleanly();
        Check();
        log.Disk.DeleteFile(Path.Combine(log.Folder, "leader-epoch-checkpoint"));
        log.KillAndRecover();
        Check();
        WholeFiles.Replace(log.Disk, Path.Combine(log.Folder, "leader-epoch-checkpoint"), "garbage"u8, durable: false);
        log.RestartCleanly();
        Check();
    }

    [Fact]
    public void Readers_never_see_half_a_batch_while_the_log_grows_rolls_and_is_cut()
    {
        LogScenario log = new(new LogConfig { SegmentBytes = 5_000, IndexIntervalBytes = 300, RetentionBytes = 20_000, FileDeleteDelayMs = 0 });
        log.Append();
        using CancellationTokenSource done = new();
        Task<int>[] readers = [.. Enumerable.Range(0, 2).Select(seed => Task.Run(() => ReadUntil(log.Log, seed, done.Token)))];
        Random random = new(5);
        for (int i = 0; i < 3_000; i++)
        {
            log.Append(random.Next(1, 4), random.Next(1, 300)).Replicate();
            if (i % 50 == 49)
            {
                log.Log.TruncateTo(log.Log.LogEndOffset - random.Next(1, 10), log.Now);
            }
            if (i % 70 == 69)
            {
                log.Log.DeleteOldSegments(log.Now);
            }
            log.Directory.RunDelayedDeletes();
        }
        done.Cancel();
        readers.Sum(r => r.Result).ShouldBeGreaterThan(0);
    }

    private static int ReadUntil(PartitionLog log, int seed, CancellationToken done)
    {
        Random random = new(seed);
        int reads = 0;
        while (!done.IsCancellationRequested)
        {
            long start = log.LogStartOffset;
            long from = random.NextInt64(start, Math.Max(start, log.HighWatermark) + 1);
            ReadResult read = log.Read(from, 2_000, log.HighWatermark, wholeFirstBatch: true);
            if (read.Slice is not { } slice)
            {
                continue;
            }
            using (slice)
            {
                byte[] bytes = new byte[slice.Length];
                if (slice.ReadAt(0, bytes) < bytes.Length)
                {
                    continue;
                }
                BatchInfo.TryRead(bytes, out BatchInfo first).ShouldBe(BatchReadResult.Ok);
                first.LastOffset.ShouldBeGreaterThanOrEqualTo(from);
                BatchHeader.VerifyCrc(bytes.AsSpan(0, first.SizeInBytes)).ShouldBeTrue();
                reads++;
            }
        }
        return reads;
    }
}
