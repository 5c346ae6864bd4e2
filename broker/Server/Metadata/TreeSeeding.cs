using System.Collections.Immutable;
using Broker.Coordination;
using Broker.Server.Metadata.Znodes;
using Broker.Storage;

namespace Broker.Server.Metadata;

/// <summary>
/// Puts the topics of existing log folders into a tree that knows none, so that data outlives a lost tree: the topics come back with their ids and partitions,
/// led by this broker above every epoch that their logs have seen. Their own settings are lost, but for the internal topics': they keep all their records until
/// an operator sets others, because the broker's defaults might at once delete records that were to be kept for ever.
/// </summary>
internal sealed class TreeSeeding(
    ZnodeClient znodes, int brokerId, TopicDefaults defaults, Func<IReadOnlySet<string>> compactedTopics, Random random, MetadataLog log)
{
    /// <summary>One log folder: its partition, the topic id it names (empty: none), the last leader epoch and the highest producer id in it (-1:
    /// none).</summary>
    internal readonly record struct Folder(TopicPartition Partition, Guid TopicId, int LastLeaderEpoch, long HighestProducerId = -1);

    /// <summary>Seeds the tree if it has no topics; before the controller is elected.</summary>
    internal async Task Seed(IReadOnlyCollection<Folder> folders)
    {
        if (folders.Count == 0 || (await znodes.Children(ZnodePaths.Topics)).Count > 0)
        {
            return;
        }
        List<IGrouping<string, Folder>> topics = folders.GroupBy(folder => folder.Partition.Topic, StringComparer.Ordinal).ToList();
        IReadOnlySet<string> compacted = compactedTopics();
        foreach (IGrouping<string, Folder> topic in topics)
        {
            await Seed(topic.Key, [.. topic], SettingsOf(topic.Key, compacted.Contains(topic.Key)));
        }
        await SeedProducerIds(folders.Max(folder => folder.HighestProducerId));
        log.Seeded(topics.Count, folders.Count);
    }

    /// <summary>
    /// A producer id must never be given twice: a new producer's first batch would look like a gap behind the former one's. New ids begin a whole block above
    /// the highest that a log remembers, as producers of that block may not have written yet.
    /// </summary>
    private async Task SeedProducerIds(long highest)
    {
        if (highest < 0)
        {
            return;
        }
        long start = ((highest / ProducerIdBlock.Size) + 1) * ProducerIdBlock.Size;
        ProducerIdBlock block = new(brokerId, start, start + ProducerIdBlock.Size - 1);
        ZnodeClient.Expect((await znodes.Session.SetData(ZnodePaths.ProducerIdBlock, block.Encode(), 0)).Code, ZnodePaths.ProducerIdBlock, Code.BadVersion);
    }

    private IReadOnlyDictionary<string, string> SettingsOf(string topic, bool wasCompacted)
    {
        if (defaults.InternalSettings(topic) is { Count: > 0 } known)
        {
            return known;
        }
        Dictionary<string, string> assumed = new(StringComparer.Ordinal) { ["retention.ms"] = "-1", ["retention.bytes"] = "-1" };
        if (wasCompacted)
        {
            assumed["cleanup.policy"] = "compact";
        }
        log.SettingsAssumed(topic, string.Join(',', assumed.Select(setting => $"{setting.Key}={setting.Value}")));
        return assumed;
    }

    /// <summary>A gap in the numbers is filled: a partition whose folder is missing comes back empty.</summary>
    private async Task Seed(string topic, IReadOnlyList<Folder> folders, IReadOnlyDictionary<string, string> settings)
    {
        int count = folders.Max(folder => folder.Partition.Partition) + 1;
        Guid id = folders.Select(folder => folder.TopicId).FirstOrDefault(id => id != Guid.Empty);
        ImmutableSortedDictionary<int, ReplicaAssignment> partitions = Enumerable.Range(0, count).ToImmutableSortedDictionary(number => number,
            _ => new ReplicaAssignment([brokerId]));
        await Create(ZnodePaths.TopicConfig(topic), ConfigZnode.Encode(settings));
        await Create(ZnodePaths.Topic(topic), new TopicZnode(id == Guid.Empty ? TopicId.New(random) : id, partitions).Encode());
        await Create(ZnodePaths.Partitions(topic), null);
        foreach (Folder folder in folders)
        {
            await SeedState(folder);
        }
    }

    /// <summary>The controller's first election makes the epoch one higher than what stands here.</summary>
    private async Task SeedState(Folder folder)
    {
        LeaderAndIsr state = new(LeaderAndIsr.NoLeader, Math.Max(folder.LastLeaderEpoch, LeaderAndIsr.InitialLeaderEpoch), [brokerId], false,
            ControllerEpoch: 0, PartitionEpoch: 0);
        await Create(ZnodePaths.Partition(folder.Partition), null);
        await Create(ZnodePaths.PartitionState(folder.Partition), state.Encode());
    }

    private async Task Create(string path, byte[]? data) => ZnodeClient.Expect((await znodes.Session.Create(path, data)).Code, path, Code.NodeExists);
}
