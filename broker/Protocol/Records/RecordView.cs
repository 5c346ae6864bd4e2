using System.Text;

namespace Broker.Protocol.Records;

/// <summary>A header of a record: a key of UTF-8 and bytes that may be null.</summary>
public readonly record struct RecordHeader(string Key, byte[]? Value);

/// <summary>One record as a view of the reader's bytes; valid until the reader moves on.</summary>
public readonly ref struct RecordView
{
    private readonly ReadOnlySpan<byte> _headers;

    internal RecordView(long offset, long timestamp, Fields fields, ReadOnlySpan<byte> body)
    {
        Offset = offset;
        Timestamp = timestamp;
        HasKey = fields.KeyLength >= 0;
        HasValue = fields.ValueLength >= 0;
        Key = HasKey ? body.Slice(fields.KeyAt, fields.KeyLength) : default;
        Value = HasValue ? body.Slice(fields.ValueAt, fields.ValueLength) : default;
        HeaderCount = fields.HeaderCount;
        _headers = body[fields.HeadersAt..];
    }

    public long Offset { get; }

    /// <summary>Epoch milliseconds; the batch's append time when the broker stamped it.</summary>
    public long Timestamp { get; }

    /// <summary>False for a null key; <see cref="Key"/> is then empty.</summary>
    public bool HasKey { get; }

    /// <summary>False for a null value, a tombstone in a compacted topic; <see cref="Value"/> is then empty.</summary>
    public bool HasValue { get; }

    public ReadOnlySpan<byte> Key { get; }

    public ReadOnlySpan<byte> Value { get; }

    public int HeaderCount { get; }

    /// <summary>The headers copied out.</summary>
    public RecordHeader[] CopyHeaders()
    {
        RecordHeader[] headers = new RecordHeader[HeaderCount];
        int at = 0;
        for (int i = 0; i < headers.Length; i++)
        {
            string key = Encoding.UTF8.GetString(Next(ref at));
            _ = RecordVarint.TryReadInt32(_headers, ref at, out int length);
            headers[i] = new RecordHeader(key, length < 0 ? null : _headers.Slice(at, length).ToArray());
            at += Math.Max(length, 0);
        }

        return headers;
    }

    private ReadOnlySpan<byte> Next(ref int at)
    {
        _ = RecordVarint.TryReadInt32(_headers, ref at, out int length);
        ReadOnlySpan<byte> bytes = _headers.Slice(at, length);
        at += length;
        return bytes;
    }

    /// <summary>Where the parts of a record lie in its body; lengths below 0 are null.</summary>
    internal struct Fields
    {
        public long TimestampDelta;
        public int OffsetDelta;
        public int KeyAt;
        public int KeyLength;
        public int ValueAt;
        public int ValueLength;
        public int HeaderCount;
        public int HeadersAt;

        /// <summary>Reads a record's body; false when its lengths do not fill it exactly.</summary>
        public static bool TryParse(ReadOnlySpan<byte> body, out Fields fields)
        {
            fields = default;
            int at = 1; // the record's attributes, unused
            if (body.IsEmpty
                || !RecordVarint.TryReadInt64(body, ref at, out fields.TimestampDelta)
                || !RecordVarint.TryReadInt32(body, ref at, out fields.OffsetDelta)
                || !TryBytes(body, ref at, out fields.KeyAt, out fields.KeyLength)
                || !TryBytes(body, ref at, out fields.ValueAt, out fields.ValueLength)
                || !RecordVarint.TryReadInt32(body, ref at, out fields.HeaderCount))
            {
                return false;
            }

            fields.HeadersAt = at;
            return TryHeaders(body, ref at, fields.HeaderCount) && at == body.Length;
        }

        private static bool TryHeaders(ReadOnlySpan<byte> body, ref int at, int count)
        {
            // A header takes two bytes at least, so a count is checked before it is walked.
            if (count < 0 || count > (body.Length - at) / 2)
            {
                return false;
            }

            for (int i = 0; i < count; i++)
            {
                if (!TryBytes(body, ref at, out _, out int keyLength) || keyLength < 0 || !TryBytes(body, ref at, out _, out _))
                {
                    return false;
                }
            }

            return true;
        }

        private static bool TryBytes(ReadOnlySpan<byte> body, ref int at, out int start, out int length)
        {
            bool read = RecordVarint.TryReadInt32(body, ref at, out length);
            start = at;
            if (!read || length > body.Length - at)
            {
                return false;
            }

            at += Math.Max(length, 0);
            return true;
        }
    }
}
