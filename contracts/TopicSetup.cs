using Confluent.Kafka;
using Confluent.Kafka.Admin;

namespace Game.Contracts;

/// <summary>A topic exists with another partition count than the contract's; keys would move between partitions.</summary>
public sealed class TopicMismatchException(string message) : Exception(message);

/// <summary>Creates the topics a process needs, as the contract says.</summary>
public static class TopicSetup
{
    private const int ReplicationForMinIsr = 3;
    private static readonly TimeSpan RequestTimeout = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan VisibilityTimeout = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan VisibilityPoll = TimeSpan.FromMilliseconds(50);

    /// <summary>
    /// Creates what is missing, with the broker's default replication factor and, where that is 3 or more, <c>min.insync.replicas=2</c>.
    /// </summary>
    /// <exception cref="TopicMismatchException">A topic has another partition count.</exception>
    /// <exception cref="KafkaException">The brokers cannot be reached or refuse.</exception>
    public static async Task EnsureAsync(IAdminClient admin, IReadOnlyCollection<TopicSpec> topics)
    {
        List<TopicSpec> missing = Missing(admin, topics);
        if (missing.Count == 0)
            return;
        int replication = await DefaultReplicationFactorAsync(admin);
        try
        {
            await admin.CreateTopicsAsync(missing.Select(topic => Specification(topic, replication)), new CreateTopicsOptions { RequestTimeout = RequestTimeout });
        }
        catch (CreateTopicsException e) when (e.Results.TrueForAll(r => r.Error.Code is ErrorCode.NoError or ErrorCode.TopicAlreadyExists))
        {
            // Another process was faster: what it made is checked below.
        }

        await WaitUntilVisibleAsync(admin, missing);
    }

    // The controller answers before every broker has heard of the topic, and metadata may come from any of them.
    private static async Task WaitUntilVisibleAsync(IAdminClient admin, List<TopicSpec> created)
    {
        long start = TimeProvider.System.GetTimestamp();
        List<TopicSpec> unseen = Missing(admin, created);
        while (unseen.Count > 0)
        {
            if (TimeProvider.System.GetElapsedTime(start) > VisibilityTimeout)
                throw new KafkaException(new Error(ErrorCode.UnknownTopicOrPart, $"the topic {unseen[0].Name} was created but is not visible yet; start again"));
            await Task.Delay(VisibilityPoll);
            unseen = Missing(admin, created);
        }
    }

    private static List<TopicSpec> Missing(IAdminClient admin, IReadOnlyCollection<TopicSpec> topics)
    {
        Metadata metadata = admin.GetMetadata(RequestTimeout);
        var found = metadata.Topics.Where(topic => topic.Error.Code == ErrorCode.NoError).ToDictionary(topic => topic.Topic, topic => topic.Partitions.Count);
        foreach (TopicSpec topic in topics)
        {
            if (found.TryGetValue(topic.Name, out int partitions) && partitions != topic.Partitions)
                throw new TopicMismatchException($"The topic {topic.Name} has {partitions} partitions, not {topic.Partitions}: start with --partitions {partitions}, or use another cluster.");
        }

        return [.. topics.Where(topic => !found.ContainsKey(topic.Name))];
    }

    private static async Task<int> DefaultReplicationFactorAsync(IAdminClient admin)
    {
        int broker = admin.GetMetadata(RequestTimeout).Brokers[0].BrokerId;
        var resource = new ConfigResource { Type = ResourceType.Broker, Name = broker.ToString() };
        List<DescribeConfigsResult> configs = await admin.DescribeConfigsAsync([resource], new DescribeConfigsOptions { RequestTimeout = RequestTimeout });
        return configs[0].Entries.TryGetValue("default.replication.factor", out ConfigEntryResult? entry) && int.TryParse(entry.Value, out int factor) ? factor : 1;
    }

    private static TopicSpecification Specification(TopicSpec topic, int defaultReplication)
    {
        var configs = new Dictionary<string, string>(topic.Configs);
        if (defaultReplication >= ReplicationForMinIsr)
            configs["min.insync.replicas"] = "2";
        return new TopicSpecification { Name = topic.Name, NumPartitions = topic.Partitions, ReplicationFactor = -1, Configs = configs };
    }
}
