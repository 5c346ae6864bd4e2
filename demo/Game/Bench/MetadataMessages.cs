namespace Game.Cli.Bench;

/// <summary>A partition as a broker describes it: Kafka's error code, the leader's id (-1 for none), and how many replicas there are and are in sync.</summary>
internal readonly record struct PartitionMetadata(int Partition, short Error, int Leader, int Replicas, int InSync);

/// <summary>What a broker says of its cluster: the ids of the brokers alive, the controller's (-1 for none), and the partitions of each topic.</summary>
internal sealed record MetadataAnswer(IReadOnlyList<int> Brokers, int Controller, IReadOnlyDictionary<string, IReadOnlyList<PartitionMetadata>> Topics);

/// <summary>Metadata of version 1, the first that names the controller, as bytes.</summary>
internal static class MetadataMessages
{
    private const short MetadataKey = 3;
    private const short Version = 1;

    /// <summary>A request with the length before it.</summary>
    /// <param name="topics">Null for all.</param>
    public static byte[] Request(IReadOnlyCollection<string>? topics)
    {
        WireWriter to = new(MetadataKey, Version, "bench-metadata");
        to.Int32(topics?.Count ?? -1);
        foreach (string topic in topics ?? [])
        {
            to.String(topic);
        }
        return to.ToFrame();
    }

    /// <summary>Reads an answer, without the length before it.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The answer ends too early.</exception>
    public static MetadataAnswer Read(ReadOnlySpan<byte> answer)
    {
        WireReader from = new(answer);
        List<int> brokers = [];
        for (int left = from.Int32(); left > 0; left--)
        {
            brokers.Add(from.Int32());
            from.String(); // host
            from.Int32(); // port
            from.String(); // rack
        }
        int controller = from.Int32();
        Dictionary<string, IReadOnlyList<PartitionMetadata>> topics = [];
        for (int left = from.Int32(); left > 0; left--)
        {
            from.Int16(); // error, in which case there are no partitions
            string topic = from.String();
            from.Skip(1); // internal
            topics[topic] = ReadPartitions(ref from);
        }
        return new MetadataAnswer(brokers, controller, topics);
    }

    private static List<PartitionMetadata> ReadPartitions(ref WireReader from)
    {
        List<PartitionMetadata> partitions = [];
        for (int left = from.Int32(); left > 0; left--)
        {
            short error = from.Int16();
            int partition = from.Int32(), leader = from.Int32();
            partitions.Add(new PartitionMetadata(partition, error, leader, Replicas: from.CountOfInt32s(), InSync: from.CountOfInt32s()));
        }
        return partitions;
    }
}
