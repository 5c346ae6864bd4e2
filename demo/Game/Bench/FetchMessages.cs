using System.Buffers;
using System.Buffers.Binary;
using System.Text;

namespace Game.Cli.Bench;

/// <summary>Where the fetch of a partition starts.</summary>
internal readonly record struct FetchPosition(int Partition, long Offset);

/// <summary>What an answer holds of a partition: Kafka's error code, and the size of its records in bytes.</summary>
internal readonly record struct FetchedPartition(int Partition, short Error, int RecordBytes);

/// <summary>An answer to a Fetch request: Kafka's error code, the id of the session (0: there is none), and the partitions named in the answer.</summary>
internal sealed record FetchAnswer(short Error, int SessionId, IReadOnlyList<FetchedPartition> Partitions);

/// <summary>
/// Fetch of version 7, the first with sessions (KIP-227), as bytes: its strings and arrays have lengths of fixed size. Applications reference no project of the
/// broker, so the encoding is written here.
/// </summary>
internal static class FetchMessages
{
    private const short FetchKey = 1;
    private const short Version = 7;
    private const int ConsumerReplicaId = -1;
    private const int MaxBytes = 1 << 20;
    private const string ClientId = "bench-session";

    /// <summary>A request with the length before it.</summary>
    /// <param name="maxWaitMs">How long the broker waits for records.</param>
    /// <param name="sessionId">0 where there is no session yet.</param>
    /// <param name="sessionEpoch">0 opens a session over the positions, in place of the session named; a higher one is a request of that session.</param>
    /// <param name="topic">The topic of all positions.</param>
    /// <param name="positions">All partitions of a new session; later those whose offset has changed.</param>
    public static byte[] Request(int maxWaitMs, int sessionId, int sessionEpoch, string topic, IReadOnlyCollection<FetchPosition> positions)
    {
        ArrayBufferWriter<byte> to = new();
        WriteInt32(to, 0); // the length, filled in at the end
        WriteInt16(to, FetchKey);
        WriteInt16(to, Version);
        WriteInt32(to, 0); // correlation id: one request is under way at a time
        WriteString(to, ClientId);
        WriteInt32(to, ConsumerReplicaId);
        WriteInt32(to, maxWaitMs);
        WriteInt32(to, 1); // least bytes to wait for
        WriteInt32(to, MaxBytes);
        to.Write<byte>([0]); // read uncommitted
        WriteInt32(to, sessionId);
        WriteInt32(to, sessionEpoch);
        WriteInt32(to, positions.Count > 0 ? 1 : 0); // topics
        if (positions.Count > 0)
        {
            WritePositions(to, topic, positions);
        }
        WriteInt32(to, 0); // partitions that leave the session
        byte[] frame = to.WrittenSpan.ToArray();
        BinaryPrimitives.WriteInt32BigEndian(frame, frame.Length - sizeof(int));
        return frame;
    }

    /// <summary>Reads an answer, without the length before it.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The answer ends too early.</exception>
    public static FetchAnswer Read(ReadOnlySpan<byte> answer)
    {
        Reader from = new(answer);
        from.Skip(sizeof(int)); // correlation id
        from.Skip(sizeof(int)); // throttle time
        short error = from.Int16();
        int session = from.Int32();
        List<FetchedPartition> partitions = new();
        for (int topics = from.Int32(); topics > 0; topics--)
        {
            from.Skip(from.Int16()); // the topic's name
            for (int left = from.Int32(); left > 0; left--)
            {
                partitions.Add(ReadPartition(ref from));
            }
        }
        return new FetchAnswer(error, session, partitions);
    }

    private static void WritePositions(ArrayBufferWriter<byte> to, string topic, IReadOnlyCollection<FetchPosition> positions)
    {
        WriteString(to, topic);
        WriteInt32(to, positions.Count);
        foreach (FetchPosition position in positions)
        {
            WriteInt32(to, position.Partition);
            WriteInt64(to, position.Offset);
            WriteInt64(to, -1); // log start offset: for followers only
            WriteInt32(to, MaxBytes);
        }
    }

    private static FetchedPartition ReadPartition(ref Reader from)
    {
        int partition = from.Int32();
        short error = from.Int16();
        from.Skip(3 * sizeof(long)); // high watermark, last stable offset, log start offset
        int aborted = Math.Max(from.Int32(), 0); // aborted transactions; -1 stands for none
        from.Skip(aborted * 2 * sizeof(long));
        int recordBytes = Math.Max(from.Int32(), 0); // -1 stands for none
        from.Skip(recordBytes);
        return new FetchedPartition(partition, error, recordBytes);
    }

    private static void WriteString(ArrayBufferWriter<byte> to, string text)
    {
        byte[] bytes = Encoding.UTF8.GetBytes(text);
        WriteInt16(to, (short)bytes.Length);
        to.Write(bytes);
    }

    private static void WriteInt16(ArrayBufferWriter<byte> to, short value)
    {
        BinaryPrimitives.WriteInt16BigEndian(to.GetSpan(sizeof(short)), value);
        to.Advance(sizeof(short));
    }

    private static void WriteInt32(ArrayBufferWriter<byte> to, int value)
    {
        BinaryPrimitives.WriteInt32BigEndian(to.GetSpan(sizeof(int)), value);
        to.Advance(sizeof(int));
    }

    private static void WriteInt64(ArrayBufferWriter<byte> to, long value)
    {
        BinaryPrimitives.WriteInt64BigEndian(to.GetSpan(sizeof(long)), value);
        to.Advance(sizeof(long));
    }

    private ref struct Reader(ReadOnlySpan<byte> bytes)
    {
        private ReadOnlySpan<byte> _left = bytes;

        public void Skip(int count) => _left = _left[count..];

        public short Int16()
        {
            short value = BinaryPrimitives.ReadInt16BigEndian(_left);
            Skip(sizeof(short));
            return value;
        }

        public int Int32()
        {
            int value = BinaryPrimitives.ReadInt32BigEndian(_left);
            Skip(sizeof(int));
            return value;
        }
    }
}
