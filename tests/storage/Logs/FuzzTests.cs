using Broker.Protocol;
using Broker.Protocol.Records;
using Broker.Storage.Files;
using Broker.Storage.Logs;
using CsCheck;

namespace Broker.Storage.Tests.Logs;

/// <summary>Any bytes in any of the files: a named error or a recovered log that can be read and appended to, never another exception and never a
/// hang.</summary>
public class FuzzTests
{
    private static readonly LogConfig Config = new() { SegmentBytes = 900, IndexIntervalBytes = 100 };

    private static readonly Gen<Damage> Damages = Gen.Int[0, 1000].Select(Gen.Int[0, 1000], Gen.Byte.Array[0, 40], Gen.Bool, Gen.Int[0, 3])
        .Select((file, at, bytes, clean, kind) => new Damage(file, at, bytes, clean, kind));

    private sealed record Damage(int File, int At, byte[] Bytes, bool Clean, int Kind)
    {
        public override string ToString() => $"file {File} at {At} kind {Kind} clean {Clean} bytes {Convert.ToHexString(Bytes)}";
    }

    [Fact]
    public void A_damaged_folder_is_refused_by_name_or_recovered() => Damages.Sample(Check, iter: 1_000);

    private static void Check(Damage damage)
    {
        LogScenario log = Written();
        if (damage.Clean)
        {
            log.Directories.Close(1);
        }
        else
        {
            log.Directories.Abandon();
        }
        Break(log.Disk, damage);
        try
        {
            log.Open();
        }
        catch (IOException named) when (named is CorruptFileException or UnsupportedLogFormatException)
        {
            return;
        }
        Use(log);
    }

    private static LogScenario Written()
    {
        LogScenario log = new(Config);
        for (int i = 0; i < 8; i++)
        {
            log.LeaderEpoch = i / 4;
            log.AppendOf(1, 0, i * 2, 2);
            log.AppendOf(2, (short)i, 0, 1, transactional: true);
            log.Mark(2, (short)i, ControlRecordType.Abort);
        }
        log.Replicate().Log.IncrementLogStartOffset(1);
        log.Log.Flush(20, log.Now);
        log.Directory.CheckpointRecoveryPoints();
        log.Directory.CheckpointLogStartOffsets();
        log.Directory.CheckpointHighWatermarks();
        return log;
    }

    private static void Break(IFileSystem disk, Damage damage)
    {
        string[] files = [.. FilesUnder(disk, LogScenario.Root).Where(f => !f.EndsWith(".lock", StringComparison.Ordinal)).Order(StringComparer.Ordinal)];
        string path = files[damage.File % files.Length];
        using IOpenFile file = disk.Open(path, FileOpen.Existing);
        long at = file.Length == 0 ? 0 : damage.At % (file.Length + 1);
        if (damage.Kind == 0)
        {
            file.SetLength(at);
        }
        else if (damage.Kind == 1)
        {
            file.SetLength(file.Length + damage.At);
        }
        file.Write(at, damage.Bytes);
    }

    /// <summary>A log that opened is used; where a rotten index or batch is met then, that is named, too.</summary>
    private static void Use(LogScenario log)
    {
        try
        {
            ReadThrough(log.Log);
            log.OffsetForTimestamp(LogScenario.StartMs);
            log.OffsetOfLargestTimestamp();
            log.Log.AbortedTransactions(0, long.MaxValue);
            for (int epoch = -1; epoch < 4; epoch++)
            {
                log.Log.EndOffsetFor(epoch);
            }
        }
        catch (CorruptFileException)
        {
            // Rot behind the recovery point shows when it is read.
        }
        log.LeaderEpoch = 9;
        log.Append(LogScenario.Batch(1, log.Now)).Error.ShouldBe(ErrorCode.None);
        // A base offset lies outside of the CRC: what recovery makes of a rotten one cannot be told, but it opens and takes more.
        log.KillAndRecover();
        log.Append(LogScenario.Batch(1, log.Now)).Error.ShouldBe(ErrorCode.None);
    }

    private static void ReadThrough(PartitionLog log)
    {
        for (long offset = log.LogStartOffset; offset < Math.Min(log.LogEndOffset, log.LogStartOffset + 100); offset++)
        {
            ReadResult read = log.Read(offset, 300, log.LogEndOffset, wholeFirstBatch: true);
            read.Error.ShouldBe(ErrorCode.None);
            read.Slice?.Dispose();
        }
    }

    private static IEnumerable<string> FilesUnder(IFileSystem disk, string folder)
        => disk.List(folder).SelectMany(e => e.IsDirectory ? FilesUnder(disk, Path.Combine(folder, e.Name)) : [Path.Combine(folder, e.Name)]);
}
