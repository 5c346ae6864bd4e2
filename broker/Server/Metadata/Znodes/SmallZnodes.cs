using System.Globalization;
using System.Text;
using Broker.Storage;

namespace Broker.Server.Metadata.Znodes;

/// <summary>/controller: who controls the cluster; ephemeral.</summary>
internal static class ControllerZnode
{
    internal static byte[] Encode(int brokerId, long timestamp) => ZnodeJson.Write(json =>
    {
        json.WriteNumber("version", 2);
        json.WriteNumber("brokerid", brokerId);
        json.WriteString("timestamp", timestamp.ToString());
        json.WriteNumber("kraftControllerEpoch", -1);
    });

    internal static int Decode(byte[]? data) => ZnodeJson.Read(ZnodePaths.Controller, data, json => json.GetProperty("brokerid").GetInt32());
}

/// <summary>/controller_epoch: decimal text; the znode's version fences former controllers.</summary>
internal static class ControllerEpochZnode
{
    internal static byte[] Encode(int epoch) => Encoding.UTF8.GetBytes(epoch.ToString());

    internal static int Decode(byte[]? data) => int.TryParse(data, CultureInfo.InvariantCulture, out int epoch)
        ? epoch
        : throw new MalformedZnodeException(ZnodePaths.ControllerEpoch, new FormatException("not a number"));
}

/// <summary>/cluster/id (its version is a string).</summary>
internal static class ClusterIdZnode
{
    internal static byte[] Encode(string id) => ZnodeJson.Write(json =>
    {
        json.WriteString("version", "1");
        json.WriteString("id", id);
    });

    internal static string Decode(byte[]? data) => ZnodeJson.Read(ZnodePaths.ClusterId, data, json => json.GetProperty("id").GetString()!);
}

/// <summary>/latest_producer_id_block: the last block of producer ids given out, both ends included; its numbers are strings.</summary>
internal sealed record ProducerIdBlock(int Broker, long Start, long End)
{
    /// <summary>Kafka's number of ids in a block: one write of the znode a thousand producers.</summary>
    internal const int Size = 1000;

    internal byte[] Encode() => ZnodeJson.Write(json =>
    {
        json.WriteNumber("version", 1);
        json.WriteNumber("broker", Broker);
        json.WriteString("block_start", Start.ToString());
        json.WriteString("block_end", End.ToString());
    });

    internal static ProducerIdBlock Decode(byte[]? data) => ZnodeJson.Read(ZnodePaths.ProducerIdBlock, data, json => new ProducerIdBlock(
        json.GetProperty("broker").GetInt32(),
        long.Parse(json.GetProperty("block_start").GetString()!),
        long.Parse(json.GetProperty("block_end").GetString()!)));
}

/// <summary>/feature: finalized features; none, and enabled, as a ZooKeeper cluster of 3.9 has it.</summary>
internal static class FeatureZnode
{
    internal static byte[] Encode() => ZnodeJson.Write(json =>
    {
        json.WriteStartObject("features");
        json.WriteEndObject();
        json.WriteNumber("version", 2);
        json.WriteNumber("status", 1);
    });
}

/// <summary>/config/TYPE/NAME: the dynamic configuration of one entity.</summary>
internal static class ConfigZnode
{
    internal static byte[] Encode(IReadOnlyDictionary<string, string> values) => ZnodeJson.Write(json =>
    {
        json.WriteNumber("version", 1);
        json.WriteStartObject("config");
        foreach ((string name, string value) in values)
        {
            json.WriteString(name, value);
        }
        json.WriteEndObject();
    });

    internal static IReadOnlyDictionary<string, string> Decode(string path, byte[]? data) => ZnodeJson.Read(path, data, json =>
        json.GetProperty("config").EnumerateObject().ToDictionary(entry => entry.Name, entry => entry.Value.GetString()!, StringComparer.Ordinal));
}

/// <summary>/config/changes/config_change_N: which entity's configuration changed ("topics/foo").</summary>
internal static class ConfigChangeZnode
{
    internal static byte[] Encode(string entityPath) => ZnodeJson.Write(json =>
    {
        json.WriteNumber("version", 2);
        json.WriteString("entity_path", entityPath);
    });

    /// <summary>Version 1 names type and entity apart.</summary>
    internal static string Decode(string path, byte[]? data) => ZnodeJson.Read(path, data, json => json.GetProperty("version").GetInt32() == 1
        ? $"{json.GetProperty("entity_type").GetString()}/{json.GetProperty("entity_name").GetString()}"
        : json.GetProperty("entity_path").GetString()!);
}

/// <summary>/log_dir_event_notification/log_dir_event_N: a broker lost a log directory.</summary>
internal static class LogDirEventZnode
{
    internal static byte[] Encode(int brokerId) => ZnodeJson.Write(json =>
    {
        json.WriteNumber("version", 1);
        json.WriteNumber("broker", brokerId);
        json.WriteNumber("event", 1);
    });

    internal static int Decode(string path, byte[]? data) => ZnodeJson.Read(path, data, json => json.GetProperty("broker").GetInt32());
}

/// <summary>/isr_change_notification/isr_change_N and /admin/preferred_replica_election: some partitions.</summary>
internal static class PartitionListZnode
{
    internal static byte[] Encode(IEnumerable<TopicPartition> partitions) => ZnodeJson.Write(json =>
    {
        json.WriteNumber("version", 1);
        json.WriteStartArray("partitions");
        foreach (TopicPartition partition in partitions)
        {
            json.WriteStartObject();
            json.WriteString("topic", partition.Topic);
            json.WriteNumber("partition", partition.Partition);
            json.WriteEndObject();
        }
        json.WriteEndArray();
    });

    internal static IReadOnlyList<TopicPartition> Decode(string path, byte[]? data) => ZnodeJson.Read(path, data, json =>
        json.GetProperty("partitions").EnumerateArray().Select(partition =>
            new TopicPartition(partition.GetProperty("topic").GetString()!, partition.GetProperty("partition").GetInt32())).ToList());
}
