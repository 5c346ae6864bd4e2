using System.Globalization;
using Confluent.Kafka;
using Confluent.Kafka.Admin;

namespace Game.Contracts;

/// <summary>A topic exists with settings that would lose state of the system; the message is one sentence that says what to do.</summary>
public sealed class TopicMismatchException(string message) : Exception(message);

/// <summary>Creates the topics that a process needs, and compares those that exist with the contract.</summary>
public static class TopicSetup
{
    private static readonly TimeSpan RequestTimeout = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan VisibilityTimeout = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan VisibilityPoll = TimeSpan.FromMilliseconds(50);

    /// <summary>
    /// Compares the topics that exist, then creates the missing ones with the broker's default replication factor and, where that is 3 or more,
    /// <c>min.insync.replicas=2</c>.
    /// </summary>
    /// <param name="admin">A client of the cluster.</param>
    /// <param name="topics">The topics that the process reads or writes.</param>
    /// <param name="warn">Called with one sentence for everything that weakens a guarantee: few replicas, small messages, settings that cannot be read.</param>
    /// <exception cref="TopicMismatchException">
    /// A topic has another partition count, deletes what must stay, or compacts what must not be compacted.
    /// </exception>
    /// <exception cref="KafkaException">The brokers cannot be reached or refuse.</exception>
    public static async Task EnsureAsync(IAdminClient admin, IReadOnlyCollection<TopicSpec> topics, Action<string> warn)
    {
        Metadata metadata = admin.GetMetadata(RequestTimeout);
        TopicSpec[] missing = [.. topics.Where(topic => Find(metadata, topic) is null)];
        await CompareAsync(admin, metadata, [.. topics.Except(missing)], warn);
        if (missing.Length == 0)
        {
            return;
        }

        await CreateAsync(admin, metadata, missing);
        // Another process may have created them first, with another partition count.
        await CompareAsync(admin, await WaitUntilVisibleAsync(admin, missing), missing, warn);
    }

    private static TopicMetadata? Find(Metadata metadata, TopicSpec topic)
        => metadata.Topics.Find(found => found.Topic == topic.Name && found.Error.Code == ErrorCode.NoError);

    private static async Task CompareAsync(IAdminClient admin, Metadata metadata, TopicSpec[] topics, Action<string> warn)
    {
        if (topics.Length == 0)
        {
            return;
        }

        List<DescribeConfigsReport> described = await DescribeAsync(admin, topics);
        foreach (TopicSpec topic in topics)
        {
            DescribeConfigsReport? configs = described.Find(report => report.ConfigResource.Name == topic.Name);
            if (configs is null || configs.Error.IsError)
            {
                warn($"The settings of the topic {topic.Name} cannot be read ({configs?.Error.Reason ?? "no answer"}): "
                    + $"allow DescribeConfigs, or make sure that it has {Text(topic)}.");
            }

            FoundTopic found = FoundFrom(Find(metadata, topic)!, configs);
            if (TopicComparison.FindLoss(topic, found) is { } loss)
            {
                throw new TopicMismatchException(loss);
            }

            foreach (string warning in TopicComparison.FindWarnings(topic, found, metadata.Brokers.Count))
            {
                warn(warning);
            }
        }
    }

    private static string Text(TopicSpec topic) => string.Join(", ", topic.Configs.Select(config => $"{config.Key}={config.Value}"));

    private static FoundTopic FoundFrom(TopicMetadata topic, DescribeConfigsReport? configs) => new(
        topic.Partitions.Count,
        topic.Partitions.Count == 0 ? 0 : topic.Partitions.Min(partition => partition.Replicas.Length),
        configs?.Entries?.ToDictionary(entry => entry.Key, entry => entry.Value.Value ?? "", StringComparer.Ordinal) ?? []);

    private static async Task<List<DescribeConfigsReport>> DescribeAsync(IAdminClient admin, TopicSpec[] topics)
    {
        IEnumerable<ConfigResource> resources = topics.Select(topic => new ConfigResource { Type = ResourceType.Topic, Name = topic.Name });
        try
        {
            List<DescribeConfigsResult> results = await admin.DescribeConfigsAsync(resources, new DescribeConfigsOptions { RequestTimeout = RequestTimeout });
            return [.. results.Select(result => new DescribeConfigsReport
            {
                ConfigResource = result.ConfigResource, Entries = result.Entries, Error = new Error(ErrorCode.NoError),
            })];
        }
        catch (DescribeConfigsException e) // some topics are refused; the answers for the others are complete
        {
            return e.Results;
        }
    }

    private static async Task CreateAsync(IAdminClient admin, Metadata metadata, TopicSpec[] topics)
    {
        int replication = await DefaultReplicationFactorAsync(admin, metadata.Brokers[0].BrokerId);
        try
        {
            await admin.CreateTopicsAsync(topics.Select(topic => Specification(topic, replication)),
                new CreateTopicsOptions { RequestTimeout = RequestTimeout });
        }
        catch (CreateTopicsException e) when (e.Results.TrueForAll(r => r.Error.Code is ErrorCode.NoError or ErrorCode.TopicAlreadyExists))
        {
            // Another process has created the topic first: it is compared like any other.
        }
    }

    // The controller answers before every broker knows the topic, and any broker may answer the metadata request.
    private static async Task<Metadata> WaitUntilVisibleAsync(IAdminClient admin, TopicSpec[] created)
    {
        long start = TimeProvider.System.GetTimestamp();
        while (true)
        {
            Metadata metadata = admin.GetMetadata(RequestTimeout);
            TopicSpec? unseen = Array.Find(created, topic => Find(metadata, topic) is null);
            if (unseen is null)
            {
                return metadata;
            }

            if (TimeProvider.System.GetElapsedTime(start) > VisibilityTimeout)
            {
                throw new KafkaException(new Error(ErrorCode.UnknownTopicOrPart, $"the topic {unseen.Name} was created but is not visible yet; start again"));
            }

            await Task.Delay(VisibilityPoll);
        }
    }

    private static async Task<int> DefaultReplicationFactorAsync(IAdminClient admin, int broker)
    {
        ConfigResource resource = new() { Type = ResourceType.Broker, Name = broker.ToString(CultureInfo.InvariantCulture) };
        List<DescribeConfigsResult> configs = await admin.DescribeConfigsAsync([resource], new DescribeConfigsOptions { RequestTimeout = RequestTimeout });
        return configs[0].Entries.TryGetValue("default.replication.factor", out ConfigEntryResult? entry) && int.TryParse(entry.Value, out int factor)
            ? factor
            : 1;
    }

    private static TopicSpecification Specification(TopicSpec topic, int defaultReplication)
    {
        Dictionary<string, string> configs = new(topic.Configs);
        if (defaultReplication >= TopicComparison.SafeReplicas)
        {
            configs[TopicComparison.MinInsyncReplicas] = TopicComparison.SafeInsyncReplicas.ToString(CultureInfo.InvariantCulture);
        }

        return new TopicSpecification { Name = topic.Name, NumPartitions = topic.Partitions, ReplicationFactor = -1, Configs = configs };
    }
}
