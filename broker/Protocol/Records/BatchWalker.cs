using System.Buffers.Binary;
using Broker.Protocol.Compression;

namespace Broker.Protocol.Records;

/// <summary>
/// Checks a client's batch as the leader of a partition must before it appends: one pass over the received bytes for the checksum and one over the records,
/// whose keys and values are passed over and never copied. Nothing here throws; memory is a window of 32 KiB and the codec's own.
/// </summary>
public static class BatchWalker
{
    /// <summary>How many rejected records are named: enough to see the cause, and an answer that stays small.</summary>
    public const int MaxRecordErrors = 100;

    /// <summary>What decompressing takes at most for the batches of ordinary clients.</summary>
    public const int UsualMemory = BatchDecompressor.UsualBytes;

    /// <summary>Replaces the timestamp that <see cref="Validate"/> has written: the broker's timestamps must not go back within a log.</summary>
    /// <returns>The header as it now stands in the bytes.</returns>
    public static BatchInfo Restamp(Span<byte> batch, in BatchInfo stamped, long nowMs)
    {
        BatchHeader.SetMaxTimestamp(batch, nowMs);
        BatchHeader.RewriteCrc(batch);
        return stamped with { MaxTimestamp = nowMs, Crc = BinaryPrimitives.ReadUInt32BigEndian(batch[BatchHeader.CrcAt..]) };
    }

    /// <summary>
    /// Checks the records that a Produce request holds for one partition, and when it accepts them writes maximum timestamp and timestamp type into the
    /// header.
    /// </summary>
    /// <param name="records">Must hold exactly one whole batch; bytes of a torn one behind it are ignored, as Kafka does.</param>
    /// <param name="rules">The partition's rules.</param>
    public static BatchVerdict Validate(Memory<byte> records, in BatchRules rules)
    {
        BatchVerdict header = CheckHeader(records.Span, rules);
        if (!header.Accepted)
        {
            return header;
        }

        Memory<byte> batch = records[..header.Info.SizeInBytes];
        BatchVerdict walked;
        try
        {
            walked = Walk(batch, header.Info, rules);
        }
        catch (InvalidRecordException invalid)
        {
            return Refuse(ErrorCode.InvalidRecord, invalid.Message);
        }

        return walked.Accepted ? Stamp(batch.Span, walked.Info, rules) : walked;
    }

    /// <summary>
    /// The memory that <see cref="Validate"/> takes for decompressing, in bytes, as the batch's first bytes say: 0 where it is not compressed, else
    /// at least <see cref="UsualMemory"/>. A batch of a few kilobytes may ask for 128 MiB.
    /// </summary>
    public static long MemoryFor(ReadOnlySpan<byte> records) =>
        BatchInfo.TryRead(records, out BatchInfo info) == BatchReadResult.Ok && info.IsKnownCompression && info.Compression != CompressionType.None
            ? BatchDecompressor.MemoryFor(info.Compression, records[BatchInfo.HeaderSize..])
            : 0;

    private static BatchVerdict Refuse(ErrorCode error, string message) => new() { Error = error, Message = message };

    private static BatchVerdict CheckHeader(ReadOnlySpan<byte> records, in BatchRules rules)
    {
        switch (BatchInfo.TryRead(records, out BatchInfo info))
        {
            case BatchReadResult.OldFormat:
                return Refuse(ErrorCode.UnsupportedForMessageFormat, "Message formats 0 and 1 are not served; send record batches of format 2.");
            case BatchReadResult.Corrupt:
                return Refuse(ErrorCode.CorruptMessage, "The bytes hold no record batch: its length or format is impossible.");
            case BatchReadResult.Incomplete:
                return Refuse(ErrorCode.InvalidRecord, "The request holds no whole record batch for this partition.");
        }

        if (info.SizeInBytes > records.Length)
        {
            return Refuse(ErrorCode.InvalidRecord, "The request holds no whole record batch for this partition.");
        }

        if (!info.IsKnownCompression)
        {
            return Refuse(ErrorCode.InvalidRecord, "The batch names a compression codec that does not exist.");
        }

        if (info.Compression == CompressionType.Zstd && !rules.AllowZstd)
        {
            return Refuse(ErrorCode.UnsupportedCompressionType, "Zstandard needs Produce version 7 or newer.");
        }

        ReadOnlySpan<byte> behind = records[info.SizeInBytes..];
        if (BatchInfo.TryRead(behind, out BatchInfo next) is BatchReadResult.Ok or BatchReadResult.OldFormat && next.SizeInBytes <= behind.Length)
        {
            return Refuse(ErrorCode.InvalidRecord, "The request holds more than one record batch for this partition.");
        }

        return CheckBatch(records[..info.SizeInBytes], info, rules);
    }

    private static BatchVerdict CheckBatch(ReadOnlySpan<byte> batch, in BatchInfo info, in BatchRules rules)
    {
        if (info.BaseOffset != 0)
        {
            return Refuse(ErrorCode.InvalidRecord, "A producer's batch must start at offset 0.");
        }

        if (info.SizeInBytes > rules.MaxMessageBytes)
        {
            return Refuse(ErrorCode.MessageTooLarge, $"The batch of {info.SizeInBytes} bytes is larger than max.message.bytes, {rules.MaxMessageBytes}.");
        }

        if (!BatchHeader.VerifyCrc(batch))
        {
            return Refuse(ErrorCode.CorruptMessage, "The batch's checksum does not fit its bytes.");
        }

        if (info.RecordCount <= 0 || info.LastOffsetDelta != info.RecordCount - 1)
        {
            return Refuse(ErrorCode.InvalidRecord, "The batch's record count and last offset do not fit each other.");
        }

        if (info.IsControl)
        {
            return Refuse(ErrorCode.InvalidRecord, "A producer cannot write control batches.");
        }

        return info.HasProducerId && info.BaseSequence < 0
            ? Refuse(ErrorCode.InvalidRecord, "A batch with a producer id needs a sequence.")
            : new BatchVerdict { Info = info };
    }

    private static BatchVerdict Walk(ReadOnlyMemory<byte> batch, in BatchInfo info, in BatchRules rules)
    {
        RecordCursor cursor = new(batch[BatchInfo.HeaderSize..], info.Compression, rules.ExpansionLimit);
        try
        {
            return WalkRecords(ref cursor, info, rules);
        }
        finally
        {
            cursor.Dispose();
        }
    }

    private static BatchVerdict WalkRecords(ref RecordCursor cursor, in BatchInfo info, in BatchRules rules)
    {
        bool stamped = info.TimestampType == TimestampType.LogAppendTime;
        long maxTimestamp = -1;
        Faults faults = default;
        for (int index = 0; index < info.RecordCount; index++)
        {
            if (!TryRecord(ref cursor, out long timestampDelta, out int offsetDelta, out bool hasKey))
            {
                return Refuse(ErrorCode.InvalidRecord, $"Record {index} of the batch cannot be read.");
            }

            if (offsetDelta != index)
            {
                return Refuse(ErrorCode.InvalidRecord,
                    $"Record {index} of the batch has offset delta {offsetDelta}; producers number records from 0 without gaps.");
            }

            long timestamp = stamped ? info.MaxTimestamp : info.BaseTimestamp + timestampDelta;
            maxTimestamp = Math.Max(maxTimestamp, timestamp);
            CheckRecord(ref faults, index, timestamp, hasKey, stamped, rules);
        }

        if (!cursor.AtEnd())
        {
            return Refuse(ErrorCode.InvalidRecord, "Bytes follow the batch's last record.");
        }

        return faults.Count > 0 ? faults.ToVerdict() : new BatchVerdict { Info = info with { MaxTimestamp = maxTimestamp } };
    }

    private static bool TryRecord(ref RecordCursor cursor, out long timestampDelta, out int offsetDelta, out bool hasKey)
    {
        timestampDelta = 0;
        offsetDelta = 0;
        hasKey = false;
        if (!cursor.TryInt32(out int length) || length < 0)
        {
            return false;
        }

        long end = cursor.Position + length;
        if (!cursor.TrySkip(1) // the record's attributes, unused
            || !cursor.TryInt64(out timestampDelta)
            || !cursor.TryInt32(out offsetDelta)
            || !cursor.TryInt32(out int keyLength)
            || !cursor.TrySkip(Math.Max(keyLength, 0))
            || !cursor.TryInt32(out int valueLength)
            || !cursor.TrySkip(Math.Max(valueLength, 0))
            || !cursor.TryInt32(out int headerCount)
            || !TryHeaders(ref cursor, headerCount, end))
        {
            return false;
        }

        hasKey = keyLength >= 0;
        return cursor.Position == end;
    }

    private static bool TryHeaders(ref RecordCursor cursor, int count, long end)
    {
        // A header takes two bytes at least, so a count is checked before it is walked.
        if (count < 0 || count > (end - cursor.Position) / 2)
        {
            return false;
        }

        for (int i = 0; i < count; i++)
        {
            if (!cursor.TryInt32(out int keyLength) || keyLength < 0 || !cursor.TrySkip(keyLength)
                || !cursor.TryInt32(out int valueLength) || !cursor.TrySkip(Math.Max(valueLength, 0)))
            {
                return false;
            }
        }

        return true;
    }

    private static void CheckRecord(ref Faults faults, int index, long timestamp, bool hasKey, bool stamped, in BatchRules rules)
    {
        if (rules.RequireKeys && !hasKey)
        {
            faults.Add(index, "A compacted topic takes no record without a key.", isTimestamp: false);
        }
        else if (rules.TimestampType == TimestampType.CreateTime && timestamp != -1)
        {
            if (IsOutOfRange(timestamp, rules))
            {
                faults.Add(index, $"Timestamp {timestamp} lies outside what the topic allows around {rules.NowMs}.", isTimestamp: true);
            }
        }
        else if (stamped)
        {
            faults.Add(index, "A producer must not mark a batch as stamped by the broker.", isTimestamp: true);
        }
    }

    private static bool IsOutOfRange(long timestamp, in BatchRules rules)
    {
        Int128 age = (Int128)rules.NowMs - timestamp;
        return age > rules.BeforeMaxMs || -age > rules.AfterMaxMs;
    }

    /// <summary>Writes timestamp type and maximum timestamp into the header; as in Kafka, header and checksum change only where these differ.</summary>
    private static BatchVerdict Stamp(Span<byte> batch, in BatchInfo walked, in BatchRules rules)
    {
        bool append = rules.TimestampType == TimestampType.LogAppendTime;
        long maxTimestamp = append ? rules.NowMs : walked.MaxTimestamp;
        short attributes = (short)(append ? walked.Attributes | BatchHeader.LogAppendTimeBit : walked.Attributes & ~BatchHeader.LogAppendTimeBit);
        uint crc = walked.Crc;
        if (attributes != walked.Attributes || maxTimestamp != BinaryPrimitives.ReadInt64BigEndian(batch[BatchHeader.MaxTimestampAt..]))
        {
            BinaryPrimitives.WriteInt16BigEndian(batch[BatchHeader.AttributesAt..], attributes);
            BatchHeader.SetMaxTimestamp(batch, maxTimestamp);
            BatchHeader.RewriteCrc(batch);
            crc = BinaryPrimitives.ReadUInt32BigEndian(batch[BatchHeader.CrcAt..]);
        }

        return new BatchVerdict { Info = walked with { Attributes = attributes, MaxTimestamp = maxTimestamp, Crc = crc } };
    }

    private struct Faults
    {
        private List<RecordError>? _records;
        private bool _timestamp;

        public int Count { get; private set; }

        public void Add(int index, string message, bool isTimestamp)
        {
            Count++;
            _timestamp |= isTimestamp;
            _records ??= [];
            if (_records.Count < MaxRecordErrors)
            {
                _records.Add(new RecordError(index, message));
            }
        }

        public readonly BatchVerdict ToVerdict() => new()
        {
            Error = _timestamp ? ErrorCode.InvalidTimestamp : ErrorCode.InvalidRecord,
            Message = _timestamp
                ? "One or more records have been rejected due to invalid timestamps."
                : $"{Count} records of the batch have been rejected; the first: {_records![0].Message}",
            RecordErrors = _records!,
        };
    }
}
