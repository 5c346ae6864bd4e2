using System.Buffers;
using System.Buffers.Binary;
using Broker.Protocol;
using Broker.Protocol.Records;

namespace Broker.Storage.Segments;

/// <summary>The end-of-transaction marker in a control batch.</summary>
/// <param name="Type">Abort or commit.</param>
/// <param name="CoordinatorEpoch">Epoch of the transaction coordinator that wrote it.</param>
internal readonly record struct TransactionMarker(ControlRecordType Type, int CoordinatorEpoch)
{
    /// <summary>Null where the batch is not such a marker; other control records change no producer's state.</summary>
    public static TransactionMarker? Read(in BatchInfo info, ReadOnlyMemory<byte> batch)
    {
        if (!info.IsControl || !info.HasProducerId)
        {
            return null;
        }
        try
        {
            using RecordReader records = RecordReader.Open(batch);
            if (!records.MoveNext() || records.Current.Key.Length < 4)
            {
                return null;
            }
            ControlRecordType type = (ControlRecordType)BinaryPrimitives.ReadInt16BigEndian(records.Current.Key[2..]);
            if (type is not (ControlRecordType.Abort or ControlRecordType.Commit) || records.Current.Value.Length < 6)
            {
                return null;
            }
            return new TransactionMarker(type, BinaryPrimitives.ReadInt32BigEndian(records.Current.Value[2..]));
        }
        catch (InvalidRecordException)
        {
            return null;
        }
    }
}

/// <summary>Reads a segment from the front, as recovery does.</summary>
internal static class SegmentScan
{
    /// <summary>Bytes read at a time: recovery is bound by the disk, and more is not faster.</summary>
    public const int WindowBytes = 256 * 1024;

    /// <summary>A marker has some 80 bytes; a much larger control batch is not a marker and is not read.</summary>
    private const int LargestControlBatch = 4096;

    /// <summary>The CRC covers what follows it, from the attributes on.</summary>
    private const int CrcCoveredFrom = 21;

    /// <summary>Called with each batch and its position; false ends the walk.</summary>
    public delegate bool BatchVisitor(in BatchInfo batch, int position, TransactionMarker? marker);

    /// <summary>Walks the batches of a segment from a position to the end.</summary>
    /// <param name="segment">The segment.</param>
    /// <param name="start">Position of a batch.</param>
    /// <param name="verifies">Whether each batch's CRC is computed, too.</param>
    /// <param name="visit">Called with each good batch.</param>
    /// <returns>The position after the last good batch: the end, or where the first bad one starts.</returns>
    public static int Walk(LogSegment segment, int start, bool verifies, BatchVisitor visit)
    {
        byte[] window = ArrayPool<byte>.Shared.Rent(WindowBytes);
        try
        {
            int good = start;
            HeaderWalk walk = new(segment, start, segment.Size, window);
            while (walk.MoveNext())
            {
                BatchInfo batch = walk.Batch;
                if (IsDamage(segment, walk.Position, batch) || (verifies && !HasGoodCrc(segment, ref walk)))
                {
                    break;
                }
                if (!visit(batch, walk.Position, MarkerOf(segment, walk.Position, batch)))
                {
                    break;
                }
                good = walk.Position + batch.SizeInBytes;
            }
            return good;
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(window);
        }
    }

    /// <summary>This broker does not read the old formats. It refuses to open a log that has them: cutting them off would lose records.</summary>
    private static bool IsDamage(LogSegment segment, int position, in BatchInfo batch)
    {
        if (batch.Magic == 2)
        {
            return false;
        }
        if (OldMessage.IsSound(segment, position, batch.SizeInBytes))
        {
            throw new UnsupportedLogFormatException($"'{segment.Path}' holds messages of the old format {batch.Magic}, which this broker does not read");
        }
        return true;
    }

    private static bool HasGoodCrc(LogSegment segment, ref HeaderWalk walk)
    {
        ReadOnlySpan<byte> whole = walk.WholeBatch();
        return whole.IsEmpty ? HasGoodCrc(segment, walk.Position, walk.Batch) : whole.Length == walk.Batch.SizeInBytes && BatchHeader.VerifyCrc(whole);
    }

    /// <summary>Of a batch larger than the window, piece by piece.</summary>
    private static bool HasGoodCrc(LogSegment segment, int position, in BatchInfo batch)
    {
        byte[] piece = ArrayPool<byte>.Shared.Rent(WindowBytes);
        try
        {
            uint crc = 0;
            for (int at = CrcCoveredFrom; at < batch.SizeInBytes;)
            {
                int want = Math.Min(piece.Length, batch.SizeInBytes - at);
                if (segment.ReadAt(position + at, piece.AsSpan(0, want)) < want)
                {
                    return false;
                }
                crc = Crc32C.Append(crc, piece.AsSpan(0, want));
                at += want;
            }
            return crc == batch.Crc;
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(piece);
        }
    }

    private static TransactionMarker? MarkerOf(LogSegment segment, int position, in BatchInfo batch)
    {
        if (!batch.IsControl || batch.SizeInBytes > LargestControlBatch)
        {
            return null;
        }
        byte[] bytes = new byte[batch.SizeInBytes];
        return segment.ReadAt(position, bytes) == bytes.Length ? TransactionMarker.Read(batch, bytes) : null;
    }
}
