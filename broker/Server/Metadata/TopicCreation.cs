using System.Collections.Immutable;
using Broker.Coordination;
using Broker.Protocol;
using Broker.Protocol.Messages;
using Broker.Server.Config;
using Broker.Server.Metadata.Znodes;

namespace Broker.Server.Metadata;

/// <summary>What a topic is to be.</summary>
/// <param name="Partitions">-1 for the broker's default.</param>
/// <param name="ReplicationFactor">-1 for the broker's default.</param>
/// <param name="Assignments">The replicas of each partition, where the client chose them; else empty.</param>
/// <param name="Configs">The topic's own settings; a null value is an error.</param>
internal sealed record NewTopic(
    string Name, int Partitions, short ReplicationFactor, IReadOnlyList<KeyValuePair<int, int[]>> Assignments,
    IReadOnlyList<KeyValuePair<string, string?>> Configs)
{
    internal static NewTopic Of(CreateTopicsRequest.CreatableTopic topic) => new(
        topic.Name,
        topic.NumPartitions,
        topic.ReplicationFactor,
        [.. topic.Assignments.Select(assignment => KeyValuePair.Create(assignment.PartitionIndex, assignment.BrokerIds))],
        [.. topic.Configs.Select(config => KeyValuePair.Create(config.Name, config.Value))]);
}

/// <summary>The result of a creation: an error in Kafka's words, or the created topic.</summary>
/// <param name="Configs">The topic's own settings; null on error.</param>
/// <param name="Broker">The broker's settings below them; null on error.</param>
internal sealed record CreatedTopic(
    ErrorCode Error, string? Message = null, Guid TopicId = default, int Partitions = -1, short ReplicationFactor = -1,
    IReadOnlyDictionary<string, string>? Configs = null,
    BrokerConfigLayers? Broker = null);

/// <summary>Creates topics by writing znodes; the controller does the rest. From any thread.</summary>
/// <param name="znodes">Gets the topics.</param>
/// <param name="metadata">The brokers that live, and the topics.</param>
/// <param name="configs">The broker's settings below a topic's own.</param>
/// <param name="isReplaced">Whether another broker is the controller: that one creates topics then.</param>
/// <param name="begin">Begins the time of a request that another broker sends.</param>
/// <param name="random">Chooses replicas and ids.</param>
/// <param name="log">Receives what is created.</param>
internal sealed class TopicCreation(
    ZnodeClient znodes, MetadataCache metadata, DynamicBrokerConfigs configs, Func<bool> isReplaced, Func<TimeSpan, RequestTime> begin, Random random,
    MetadataLog log)
{
    private const int Unset = -1;

    /// <summary>Checks a topic as Kafka does, and creates it unless it is only to be checked.</summary>
    internal Task<CreatedTopic> Create(NewTopic topic, bool validateOnly, RequestTime time)
    {
        Attempts attempts = new();
        return time.Persist(() => Attempt(topic, validateOnly, attempts), (error, message) => new CreatedTopic(error, message));
    }

    /// <summary>Creates the topics of another broker's request, as the controller; does not wait for their leaders.</summary>
    internal async ValueTask<CreateTopicsResponse> Create(CreateTopicsRequest request)
    {
        RequestTime time = begin(TimeSpan.FromMilliseconds(request.TimeoutMs));
        List<CreateTopicsResponse.CreatableTopicResult> results = [];
        foreach (CreateTopicsRequest.CreatableTopic topic in request.Topics)
        {
            CreatedTopic made = await Create(NewTopic.Of(topic), request.ValidateOnly, time);
            results.Add(new() { Name = topic.Name, ErrorCode = (short)made.Error, ErrorMessage = made.Message, TopicId = made.TopicId });
        }
        return new CreateTopicsResponse { Topics = [.. results] };
    }

    private async Task<CreatedTopic> Attempt(NewTopic topic, bool validateOnly, Attempts attempts)
    {
        if (attempts.Sent is { } sent && await IsThere(topic.Name, sent.TopicId))
        {
            return sent;
        }
        return isReplaced() ? new CreatedTopic(ErrorCode.NotController) : Check(topic) ?? await Place(topic, validateOnly, attempts);
    }

    private CreatedTopic? Check(NewTopic topic)
    {
        if (metadata.Current.Topic(topic.Name) is not null)
        {
            return Exists(topic.Name);
        }
        List<string> nulls = topic.Configs.Where(config => config.Value is null).Select(config => config.Key).ToList();
        if (nulls.Count > 0)
        {
            return new CreatedTopic(ErrorCode.InvalidConfig, $"Null value not supported for topic configs: {string.Join(',', nulls)}");
        }
        if (topic.Assignments.Count > 0 && (topic.Partitions != Unset || topic.ReplicationFactor != Unset))
        {
            return new CreatedTopic(
                ErrorCode.InvalidRequest,
                "Both numPartitions or replicationFactor and replicasAssignments were set. Both cannot be used at the same time.");
        }

        return null;
    }

    private async Task<CreatedTopic> Place(NewTopic topic, bool validateOnly, Attempts attempts)
    {
        int partitions = topic.Partitions == Unset ? configs.Effective.NumPartitions : topic.Partitions;
        int factor = topic.ReplicationFactor == Unset ? configs.Effective.DefaultReplicationFactor : topic.ReplicationFactor;
        ImmutableSortedDictionary<int, ReplicaAssignment> placed;
        if (TopicZnode.IsTooMany(Math.Max(partitions, topic.Assignments.Count)))
        {
            return new CreatedTopic(ErrorCode.InvalidPartitions, TopicZnode.TooMany(Math.Max(partitions, topic.Assignments.Count)));
        }
        if (topic.Assignments.Count > 0)
        {
            placed = topic.Assignments.DistinctBy(entry => entry.Key).ToImmutableSortedDictionary(entry => entry.Key,
                entry => new ReplicaAssignment(entry.Value));
        }
        else
        {
            List<(int Id, string? Rack)> brokers = metadata.Current.Brokers.Values.Select(broker => (broker.Id, broker.Rack)).ToList();
            if (CheckCounts(partitions, factor, brokers.Count) is { } refused)
            {
                return refused;
            }

            placed = ReplicaPlacement.Place(brokers, partitions, factor, random);
        }

        BrokerConfigLayers broker = await configs.Read();
        if (await CheckPlaced(topic, placed, broker.Effective) is { } invalid)
        {
            return invalid;
        }
        Dictionary<string, string> overrides = OverridesOf(topic);
        Guid id = attempts.Sent?.TopicId ?? TopicId.New(random);
        byte[] znode = new TopicZnode(id, placed).Encode();
        if (znode.Length > TopicZnode.MaxBytes)
        {
            return new CreatedTopic(ErrorCode.InvalidPartitions, TopicZnode.TooMany(placed.Count));
        }
        CreatedTopic created = new(ErrorCode.None, null, Guid.Empty, placed.Count, (short)placed[0].Replicas.Length, overrides, broker);
        if (validateOnly)
        {
            return created;
        }
        attempts.Sent = created with { TopicId = id };
        return await Write(topic.Name, znode, overrides, attempts.Sent);
    }

    /// <summary>Of a setting that is given twice the last value holds, as in Kafka.</summary>
    private static Dictionary<string, string> OverridesOf(NewTopic topic)
    {
        Dictionary<string, string> overrides = new(StringComparer.Ordinal);
        foreach ((string key, string? value) in topic.Configs)
        {
            overrides[key] = value!;
        }

        return overrides;
    }

    private static CreatedTopic? CheckCounts(int partitions, int factor, int brokers)
    {
        if (partitions <= 0)
        {
            return new CreatedTopic(ErrorCode.InvalidPartitions, "Number of partitions must be larger than 0.");
        }
        if (factor <= 0)
        {
            return new CreatedTopic(ErrorCode.InvalidReplicationFactor, "Replication factor must be larger than 0.");
        }
        return factor > brokers
            ? new CreatedTopic(ErrorCode.InvalidReplicationFactor, $"Replication factor: {factor} larger than available brokers: {brokers}.")
            : null;
    }

    private async Task<CreatedTopic?> CheckPlaced(NewTopic topic, ImmutableSortedDictionary<int, ReplicaAssignment> placed, BrokerConfig broker)
    {
        if (TopicNames.Problem(topic.Name) is { } problem)
        {
            return new CreatedTopic(ErrorCode.InvalidTopicException, problem);
        }
        if (await znodes.Exists(ZnodePaths.Topic(topic.Name)))
        {
            return Exists(topic.Name);
        }
        if (TopicNames.HasCollisionChars(topic.Name))
        {
            List<string> colliding = (await znodes.Children(ZnodePaths.Topics)).Where(other => TopicNames.Collide(topic.Name, other)).ToList();
            if (colliding.Count > 0)
            {
                return new CreatedTopic(ErrorCode.InvalidTopicException, $"Topic '{topic.Name}' collides with existing topics: {string.Join(", ", colliding)}");
            }
        }

        if (CheckAssignments(placed) is { } message)
        {
            return new CreatedTopic(ErrorCode.InvalidReplicaAssignment, message);
        }
        Dictionary<string, string> overrides = OverridesOf(topic);
        return TopicSettings.Violation(overrides, broker) is { } violation ? new CreatedTopic(ErrorCode.InvalidConfig, violation.Sentence) : null;
    }

    private static string? CheckAssignments(ImmutableSortedDictionary<int, ReplicaAssignment> placed)
    {
        List<int> counts = placed.Values.Select(assignment => assignment.Replicas.Length).Distinct().ToList();
        if (counts.Count != 1 || counts[0] == 0)
        {
            return "All partitions should have the same number of replicas";
        }
        if (placed.Values.Any(assignment => assignment.Replicas.Distinct().Count() != assignment.Replicas.Length))
        {
            return $"Duplicate replica assignment found: HashMap({string.Join(", ", placed.Select(entry => $"{entry.Key} -> ArrayBuffer({string.Join(", ", entry.Value.Replicas)})"))})";
        }
        return placed.Keys.SequenceEqual(Enumerable.Range(0, placed.Count)) ? null : "partitions should be a consecutive 0-based integer sequence";
    }

    /// <summary>Settings and topic at once: when the controller sees the topic its settings are there, and a topic that is not made leaves none.</summary>
    private async Task<CreatedTopic> Write(string name, byte[] znode, Dictionary<string, string> overrides, CreatedTopic created)
    {
        byte[] config = ConfigZnode.Encode(overrides);
        string configPath = ZnodePaths.TopicConfig(name);
        while (true)
        {
            // Settings of a former topic of the name may stand there still.
            bool isThere = await znodes.Exists(configPath);
            Op setting = isThere ? new Op.SetData(configPath, config) : new Op.Create(configPath, config);
            MultiResult result = await znodes.Session.Multi([setting, new Op.Create(ZnodePaths.Topic(name), znode)]);
            if (result.Code == Code.Ok)
            {
                log.Creating(name, created.Partitions, created.ReplicationFactor);
                return created;
            }

            if (result.Results is [{ Code: Code.Ok }, { Code: Code.NodeExists }])
            {
                return await IsThere(name, created.TopicId) ? created : Exists(name);
            }
            bool isOvertaken = result.Results.Count > 0 && result.Results[0].Code == (isThere ? Code.NoNode : Code.NodeExists);
            if (!isOvertaken)
            {
                throw new CoordinationLostException(result.Code, ZnodePaths.Topic(name));
            }
        }
    }

    private async Task<bool> IsThere(string name, Guid id) => (await znodes.Topic(name))?.Topic.TopicId == id;

    private static CreatedTopic Exists(string name) => new(ErrorCode.TopicAlreadyExists, $"Topic '{name}' already exists.");

    /// <summary>What the tries of one request share.</summary>
    private sealed class Attempts
    {
        /// <summary>What has been sent last; where the answer was lost it may be made. Null before.</summary>
        internal CreatedTopic? Sent { get; set; }
    }
}
