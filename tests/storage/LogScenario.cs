using Broker.Protocol;
using Broker.Protocol.Records;
using Broker.Storage.Directories;
using Broker.Storage.Files;
using Broker.Storage.Logs;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;

namespace Broker.Storage.Tests;

/// <summary>One partition's log on a disk in memory, driven step by step.</summary>
internal sealed class LogScenario
{
    public const string Root = "/data";
    public static readonly TopicPartition Partition = new("orders", 3);
    public static readonly Guid TopicId = new("0f0e0d0c-0b0a-0908-0706-050403020100");
    public const long StartMs = 1_700_000_000_000;

    public LogScenario(LogConfig? config = null, IFileSystem? disk = null)
    {
        Config = config ?? new LogConfig { SegmentBytes = 1 << 20 };
        Disk = disk ?? new InMemoryFileSystem(tracksDurability: true, Time);
        Open();
    }

    public FakeTimeProvider Time { get; } = new(DateTimeOffset.FromUnixTimeMilliseconds(StartMs));

    public LogConfig Config { get; set; }

    public IFileSystem Disk { get; private set; }

    public InMemoryFileSystem Memory => (InMemoryFileSystem)Disk;

    public LogDirectories Directories { get; private set; } = null!;

    public LogDirectory Directory => Directories.Directories[0];

    public PartitionLog Log { get; private set; } = null!;

    public long Now => Time.GetUtcNow().ToUnixTimeMilliseconds();

    public string Folder => Path.Combine(Root, Partition.ToString());

    public string FileOf(long baseOffset, string suffix) => Path.Combine(Folder, LogFileNames.Of(baseOffset, suffix));

    public int LeaderEpoch { get; set; }

    /// <summary>A batch of records whose values name their numbers.</summary>
    public static byte[] Batch(int records, long timestampMs, in BatchOptions options = default, int valueSize = 10)
    {
        using RecordBatchBuilder builder = new(options.Equals(default) ? new BatchOptions() : options);
        for (int i = 0; i < records; i++)
        {
            byte[] value = new byte[valueSize];
            Array.Fill(value, (byte)i);
            builder.Append(timestampMs + i, null, value);
        }
        return builder.Build();
    }

    public LogScenario Append(int records = 1, int valueSize = 10)
    {
        Append(Batch(records, Now, valueSize: valueSize)).Error.ShouldBe(ErrorCode.None);
        return this;
    }

    public AppendResult Append(byte[] batch, AppendOrigin origin = AppendOrigin.Client)
    {
        BatchInfo.TryRead(batch, out BatchInfo info).ShouldBe(BatchReadResult.Ok);
        AppendResult result = Log.AppendAsLeader(batch, info, LeaderEpoch, origin, Now);
        return result;
    }

    public AppendResult AppendOf(long producer, short epoch, int sequence, int records = 1, bool transactional = false)
        => Append(Batch(records, Now,
        new BatchOptions { ProducerId = producer, ProducerEpoch = epoch, BaseSequence = sequence, Transactional = transactional }));

    public AppendResult Mark(long producer, short epoch, ControlRecordType type, int coordinatorEpoch = 0)
        => Append(RecordBatchBuilder.TransactionMarker(Now, producer, epoch, type, coordinatorEpoch), AppendOrigin.Coordinator);

    public TimestampOffset? OffsetForTimestamp(long timestampMs)
    {
        using DecompressionBound decompression = new(cores: 1);
        return Log.OffsetForTimestamp(timestampMs, decompression);
    }

    public TimestampOffset? OffsetOfLargestTimestamp()
    {
        using DecompressionBound decompression = new(cores: 1);
        return Log.OffsetOfLargestTimestamp(decompression);
    }

    public LogScenario Replicate()
    {
        Log.UpdateHighWatermark(Log.LogEndOffset);
        return this;
    }

    public LogScenario Advance(long milliseconds)
    {
        Time.Advance(TimeSpan.FromMilliseconds(milliseconds));
        return this;
    }

    /// <summary>Cuts the last bytes off the active segment, as an interrupted write leaves it.</summary>
    public LogScenario TearLastWrite(int bytes = 5)
    {
        using IOpenFile file = Disk.Open(Log.State.View.Active.Path, FileOpen.Existing);
        file.SetLength(file.Length - bytes);
        return this;
    }

    public LogScenario KillAndRecover()
    {
        Directories.Abandon();
        if (Disk is InMemoryFileSystem memory)
        {
            Disk = memory.AfterProcessDeath();
        }
        return Open();
    }

    public LogScenario CutPowerAndRecover(int seed)
    {
        Directories.Abandon();
        Disk = Memory.AfterPowerCut(new Random(seed));
        return Open();
    }

    public LogScenario RestartCleanly()
    {
        Directories.Close(77);
        return Open();
    }

    /// <summary>The marker of the clean end is put back, as if nothing had happened since.</summary>
    public LogScenario RestartWithoutClosing()
    {
        Directories.Abandon();
        WholeFiles.Replace(Disk, Path.Combine(Root, LogFileNames.CleanShutdown), default, durable: false);
        return Open();
    }

    public LogScenario Open()
    {
        Directories = OpenDirectories(Disk, Time);
        Directories.Load(_ => Config);
        Log = Directories.GetOrCreate(Partition, TopicId, Config);
        return this;
    }

    public static LogDirectories OpenDirectories(IFileSystem disk, TimeProvider time, int openFiles = 100, params string[] roots)
        => LogDirectories.Open(new StorageOptions { Directories = roots.Length == 0 ? [Root] : roots, OpenFiles = openFiles, Random = new Random(1) },
        disk, time, NullLoggerFactory.Instance);

    /// <summary>All batches from the log's start, read as a consumer reads.</summary>
    public List<BatchInfo> ReadAll(int maxBytes = 1 << 20) => ReadAll(Log, maxBytes);

    public static List<BatchInfo> ReadAll(PartitionLog log, int maxBytes = 1 << 20)
    {
        List<BatchInfo> batches = new();
        long next = log.LogStartOffset;
        while (next < log.LogEndOffset)
        {
            ReadResult read = log.Read(next, maxBytes, log.LogEndOffset, wholeFirstBatch: true);
            read.Error.ShouldBe(ErrorCode.None);
            if (read.Slice is null)
            {
                break;
            }
            byte[] bytes = BytesOf(read);
            long before = next;
            for (int at = 0; BatchInfo.TryRead(bytes.AsSpan(at), out BatchInfo batch) == BatchReadResult.Ok
                && at + batch.SizeInBytes <= bytes.Length; at += batch.SizeInBytes)
            {
                BatchHeader.VerifyCrc(bytes.AsSpan(at, batch.SizeInBytes)).ShouldBeTrue();
                if (batch.LastOffset >= next)
                {
                    batches.Add(batch);
                }
                next = batch.NextOffset;
            }
            next.ShouldBeGreaterThan(before, "a read makes progress");
        }
        return batches;
    }

    public static byte[] BytesOf(ReadResult read)
    {
        if (read.Slice is null)
        {
            return [];
        }
        using LogSlice slice = read.Slice;
        byte[] bytes = new byte[slice.Length];
        slice.ReadAt(0, bytes).ShouldBe(bytes.Length);
        return bytes;
    }

    public LogScenario ShouldHold(params long[] baseOffsets)
    {
        ReadAll().Select(b => b.BaseOffset).ShouldBe(baseOffsets);
        return this;
    }
}
