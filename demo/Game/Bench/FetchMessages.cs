namespace Game.Cli.Bench;

/// <summary>Where the fetch of a partition starts.</summary>
internal readonly record struct FetchPosition(int Partition, long Offset);

/// <summary>What an answer holds of a partition: Kafka's error code, and the size of its records in bytes.</summary>
internal readonly record struct FetchedPartition(int Partition, short Error, int RecordBytes);

/// <summary>An answer to a Fetch request: Kafka's error code, the id of the session (0: there is none), and the partitions named in the answer.</summary>
internal sealed record FetchAnswer(short Error, int SessionId, IReadOnlyList<FetchedPartition> Partitions);

/// <summary>Fetch of version 7, the first with sessions (KIP-227), as bytes.</summary>
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
        WireWriter to = new(FetchKey, Version, ClientId);
        to.Int32(ConsumerReplicaId);
        to.Int32(maxWaitMs);
        to.Int32(1); // least bytes to wait for
        to.Int32(MaxBytes);
        to.Byte(0); // read uncommitted
        to.Int32(sessionId);
        to.Int32(sessionEpoch);
        to.Int32(positions.Count > 0 ? 1 : 0); // topics
        if (positions.Count > 0)
        {
            WritePositions(to, topic, positions);
        }
        to.Int32(0); // partitions that leave the session
        return to.ToFrame();
    }

    /// <summary>Reads an answer, without the length before it.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The answer ends too early.</exception>
    public static FetchAnswer Read(ReadOnlySpan<byte> answer)
    {
        WireReader from = new(answer);
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

    private static void WritePositions(WireWriter to, string topic, IReadOnlyCollection<FetchPosition> positions)
    {
        to.String(topic);
        to.Int32(positions.Count);
        foreach (FetchPosition position in positions)
        {
            to.Int32(position.Partition);
            to.Int64(position.Offset);
            to.Int64(-1); // log start offset: for followers only
            to.Int32(MaxBytes);
        }
    }

    private static FetchedPartition ReadPartition(ref WireReader from)
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
}
