namespace Broker.Protocol.Records;

/// <summary>
/// Finds records in a batch by time. Of a record only time and offset are read, what lies between is passed over; memory is a window of 32 KiB and the codec's
/// own.
/// </summary>
public static class RecordSearch
{
    /// <summary>Finds the first record that has at least a timestamp and an offset.</summary>
    /// <param name="batch">Exactly one whole batch; its CRC is not looked at.</param>
    /// <param name="timestampMs">Epoch ms.</param>
    /// <param name="offset">Records below it do not count.</param>
    /// <param name="found">The record's offset and timestamp.</param>
    /// <exception cref="InvalidRecordException">No whole v2 batch lies here, or the records are not what the header declares.</exception>
    public static bool TryFindByTime(ReadOnlyMemory<byte> batch, long timestampMs, long offset, out (long Offset, long TimestampMs) found)
    {
        if (BatchInfo.TryRead(batch.Span, out BatchInfo info) != BatchReadResult.Ok || info.SizeInBytes > batch.Length)
        {
            throw new InvalidRecordException("No whole record batch lies here.");
        }

        RecordCursor cursor = new(batch[BatchInfo.HeaderSize..info.SizeInBytes], info.Compression, RecordReader.DefaultExpansionLimit);
        try
        {
            return Find(ref cursor, info, timestampMs, offset, out found);
        }
        finally
        {
            cursor.Dispose();
        }
    }

    private static bool Find(ref RecordCursor cursor, in BatchInfo info, long timestampMs, long offset, out (long Offset, long TimestampMs) found)
    {
        for (int i = 0; i < info.RecordCount; i++)
        {
            (long timestampDelta, int offsetDelta) = Next(ref cursor);
            long timestamp = info.TimestampType == TimestampType.LogAppendTime ? info.MaxTimestamp : info.BaseTimestamp + timestampDelta;
            found = (info.BaseOffset + offsetDelta, timestamp);
            if (timestamp >= timestampMs && found.Offset >= offset)
            {
                return true;
            }
        }

        found = default;
        return false;
    }

    private static (long TimestampDelta, int OffsetDelta) Next(ref RecordCursor cursor)
    {
        if (!cursor.TryInt32(out int length) || length < 0)
        {
            throw new InvalidRecordException("A record's length cannot be read.");
        }

        long end = cursor.Position + length;
        bool read = cursor.TrySkip(1); // the record's attributes, unused
        read &= cursor.TryInt64(out long timestampDelta);
        read &= cursor.TryInt32(out int offsetDelta);
        return read && cursor.Position <= end && cursor.TrySkip((int)(end - cursor.Position))
            ? (timestampDelta, offsetDelta)
            : throw new InvalidRecordException("A record does not have the length that it declares.");
    }
}
