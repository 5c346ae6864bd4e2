using Confluent.Kafka;
using Confluent.Kafka.Admin;
using Game.Contracts;

namespace Game.Cli.Demo;

/// <summary>The committed offset of a consumer group on one partition, and the end of the partition.</summary>
internal readonly record struct PartitionProgress(TopicPartition Partition, long Committed, long End)
{
    public long Lag => Math.Max(0, End - Math.Max(0, Committed));
}

/// <summary>Reads the offsets and members of consumer groups through the admin API, as an operator's tool does.</summary>
internal sealed class GroupProgress(IAdminClient admin)
{
    /// <summary>The committed offset and the log end of each partition.</summary>
    public async Task<IReadOnlyList<PartitionProgress>> OfAsync(string group, string topic, int partitions)
    {
        TopicPartition[] all = [.. Enumerable.Range(0, partitions).Select(p => new TopicPartition(topic, p))];
        Dictionary<int, long> ends = await EndsAsync(all);
        List<ListConsumerGroupOffsetsResult> committed = await admin.ListConsumerGroupOffsetsAsync([new ConsumerGroupTopicPartitions(group, [.. all])]);
        return [.. committed[0].Partitions.Select(p => new PartitionProgress(p.TopicPartition, p.Offset.IsSpecial ? -1 : p.Offset.Value,
            ends[p.Partition.Value]))];
    }

    public async Task<long> LagAsync(string group, string topic, int partitions) => (await OfAsync(group, topic, partitions)).Sum(p => p.Lag);

    /// <summary>The partitions of the topic that each member of the group is assigned, by the member's client id.</summary>
    public async Task<ILookup<string, int>> AssignmentAsync(string group, string topic)
    {
        DescribeConsumerGroupsResult described = await admin.DescribeConsumerGroupsAsync([group]);
        return described.ConsumerGroupDescriptions[0].Members
            .SelectMany(member => member.Assignment.TopicPartitions.Where(p => p.Topic == topic).Select(p => (member.ClientId, p.Partition.Value)))
            .ToLookup(pair => pair.ClientId, pair => pair.Value);
    }

    public async Task<bool> HoldsAnythingAsync(TopicSpec topic)
        => (await EndsAsync(Enumerable.Range(0, topic.Partitions).Select(p => new TopicPartition(topic.Name, p)))).Values.Any(end => end > 0);

    public async Task<Dictionary<int, long>> EndsAsync(IEnumerable<TopicPartition> partitions)
    {
        ListOffsetsResult result = await admin.ListOffsetsAsync(partitions.Select(p => new TopicPartitionOffsetSpec
        {
            TopicPartition = p, OffsetSpec = OffsetSpec.Latest(),
        }));
        return result.ResultInfos.ToDictionary(info => info.TopicPartitionOffsetError.Partition.Value, info => info.TopicPartitionOffsetError.Offset.Value);
    }
}
