using System.Collections.Immutable;
using System.Globalization;
using System.Text.Json;

namespace Broker.Server.Metadata.Znodes;

/// <summary>The brokers that hold a partition, preferred leader first; during a reassignment also the replicas that are being added and removed.</summary>
internal sealed record ReplicaAssignment(int[] Replicas, int[] Adding, int[] Removing)
{
    internal ReplicaAssignment(int[] replicas)
        : this(replicas, [], [])
    {
    }

    internal bool IsBeingReassigned => Adding.Length > 0 || Removing.Length > 0;
}

/// <summary>/brokers/topics/T: the topic's id and its partitions' replicas. An id is missing in znodes of versions below 3.</summary>
internal sealed record TopicZnode(Guid? TopicId, ImmutableSortedDictionary<int, ReplicaAssignment> Partitions)
{
    /// <summary>A topic of which nothing is known but its name, because its znode cannot be read.</summary>
    internal static readonly TopicZnode Unreadable = new(Guid.Empty, ImmutableSortedDictionary<int, ReplicaAssignment>.Empty);

    /// <summary>Bytes that a topic's partitions must fit into: ZooKeeper's default of jute.maxbuffer less 64 KiB for what travels with them (paths,
    /// settings).</summary>
    internal const int MaxBytes = 0xfffff - (64 << 10);

    /// <summary>A partition takes at least <c>"0":[0],</c>.</summary>
    private const int LeastBytesOfPartition = 8;

    /// <summary>A count of partitions that no znode can hold, whatever their replicas: not worth placing.</summary>
    internal static bool IsTooMany(int partitions) => partitions > MaxBytes / LeastBytesOfPartition;

    /// <summary>The error message for a topic that does not fit into its znode.</summary>
    internal static string TooMany(int partitions) => $"{partitions} partitions are more than the znode of a topic can hold ({MaxBytes} bytes).";

    internal byte[] Encode() => ZnodeJson.Write(json =>
    {
        WriteReplicas(json, "partitions", assignment => assignment.Replicas, always: true);
        if (TopicId is { } id)
        {
            json.WriteString("topic_id", Znodes.TopicId.Format(id));
        }
        WriteReplicas(json, "adding_replicas", assignment => assignment.Adding, always: false);
        WriteReplicas(json, "removing_replicas", assignment => assignment.Removing, always: false);
        json.WriteNumber("version", TopicId is null ? 2 : 3);
    });

    internal static TopicZnode Decode(string topic, byte[]? data) => ZnodeJson.Read(ZnodePaths.Topic(topic), data, json =>
    {
        Dictionary<int, int[]> adding = ReadReplicas(json, "adding_replicas");
        Dictionary<int, int[]> removing = ReadReplicas(json, "removing_replicas");
        ImmutableSortedDictionary<int, ReplicaAssignment> partitions = ReadReplicas(json.GetProperty("partitions")).ToImmutableSortedDictionary(
            entry => entry.Key,
            entry => new ReplicaAssignment(entry.Value, adding.GetValueOrDefault(entry.Key, []), removing.GetValueOrDefault(entry.Key, [])));
        Guid? id = Znodes.TopicId.TryParse(ZnodeJson.OptionalString(json, "topic_id"), out Guid parsed) ? parsed : null;
        return new TopicZnode(id, partitions);
    });

    private void WriteReplicas(Utf8JsonWriter json, string name, Func<ReplicaAssignment, int[]> replicas, bool always)
    {
        json.WriteStartObject(name);
        foreach ((int partition, ReplicaAssignment assignment) in Partitions)
        {
            if (always || replicas(assignment).Length > 0)
            {
                ZnodeJson.WriteArray(json, partition.ToString(), replicas(assignment));
            }
        }

        json.WriteEndObject();
    }

    private static Dictionary<int, int[]> ReadReplicas(JsonElement json, string name)
        => json.TryGetProperty(name, out JsonElement partitions) ? ReadReplicas(partitions) : [];

    private static int PartitionNumber(string name)
        => int.Parse(name, NumberStyles.None, CultureInfo.InvariantCulture);

    private static Dictionary<int, int[]> ReadReplicas(JsonElement partitions) =>
        partitions.EnumerateObject().ToDictionary(entry => PartitionNumber(entry.Name), entry => ZnodeJson.ReadArray(entry.Value));
}
