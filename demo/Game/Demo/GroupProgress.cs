using Confluent.Kafka;
using Confluent.Kafka.Admin;
using Game.Contracts;

namespace Game.Cli.Demo;

/// <summary>How far a consumer group has come on one partition.</summary>
internal readonly record struct PartitionProgress(TopicPartition Partition, long Committed, long End)
{
    public long Lag => Math.Max(0, End - Math.Max(0, Committed));
}

/// <summary>Looks at groups from outside, as any operator's tool would.</summary>
internal sealed class GroupProgress(IAdminClient admin)
{
    /// <summary>Committed offsets beside the ends of the log.</summary>
    public async Task<IReadOnlyList<PartitionProgress>> OfAsync(string group, string topic, int partitions)
    {
        TopicPartition[] all = [.. Enumerable.Range(0, partitions).Select(p => new TopicPartition(topic, p))];
        Dictionary<int, long> ends = await EndsAsync(all);
        List<ListConsumerGroupOffsetsResult> committed = await admin.ListConsumerGroupOffsetsAsync([new ConsumerGroupTopicPartitions(group, [.. all])]);
        return [.. committed[0].Partitions.Select(p => new PartitionProgress(p.TopicPartition, p.Offset.IsSpecial ? -1 : p.Offset.Value,
            ends[p.Partition.Value]))];
    }

    public async Task<long> LagAsync(string group, string topic, int partitions) => (await OfAsync(group, topic, partitions)).Sum(p => p.Lag);

    /// <summary>Partitions of the topic by the client id of the group's member that has them.</summary>
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
