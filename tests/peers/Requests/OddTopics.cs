using Broker.Protocol.Messages;

namespace Peers.Tests.Requests;

/// <summary>Topics: Metadata, CreateTopics, DeleteTopics, CreatePartitions.</summary>
internal static class OddTopics
{
    private static readonly Guid SomeId = Guid.Parse("11111111-2222-3333-4444-555555555555");

    public static IEnumerable<OddEnd> Rows =>
    [
        .. Metadata(),
        Create("no topic"),
        Create("a topic twice, of which one alone would do", Topic("twice"), Topic("twice"), Topic("odd-once")),
        Create("the message of success", Topic("odd-success")),
        OddEnd.In<CreateTopicsRequest, CreateTopicsResponse>(4, "the message of success", Of(Topic("odd-success-4"))),
        OddEnd.In<CreateTopicsRequest, CreateTopicsResponse>(1, "the message of success", Of(Topic("odd-success-1"))),
        Create("an assignment of nothing",
            new CreateTopicsRequest.CreatableTopic { Name = "odd-nothing", NumPartitions = -1, ReplicationFactor = -1, Assignments = [] }),
        Create("a partition assigned twice", new CreateTopicsRequest.CreatableTopic
        {
            Name = "odd-assigned-twice", NumPartitions = -1, ReplicationFactor = -1,
                Assignments = [new() { PartitionIndex = 0, BrokerIds = [0] }, new() { PartitionIndex = 0, BrokerIds = [0] }],
        }),
        Create("an unknown broker",
            new CreateTopicsRequest.CreatableTopic
            {
                Name = "odd-broker", NumPartitions = -1, ReplicationFactor = -1, Assignments = [new() { PartitionIndex = 0, BrokerIds = [9] }],
            }),
        Create("a setting twice", new CreateTopicsRequest.CreatableTopic
        {
            Name = "odd-setting-twice", NumPartitions = 1, ReplicationFactor = 1,
                Configs = [new() { Name = "retention.ms", Value = "1" }, new() { Name = "retention.ms", Value = "2" }],
        }),
        Create("a setting without a name",
            new CreateTopicsRequest.CreatableTopic
            {
                Name = "odd-setting-empty", NumPartitions = 1, ReplicationFactor = 1, Configs = [new() { Name = "", Value = "1" }],
            }),
        Delete(6, "no topic", new DeleteTopicsRequest()),
        Delete(6, "a topic twice", ByName("odd-none", "odd-none")),
        Delete(3, "a topic twice", new DeleteTopicsRequest { TopicNames = ["odd-none", "odd-none"] }),
        Delete(6, "neither name nor id", new DeleteTopicsRequest { Topics = [new() { Name = null }] }),
        Delete(6, "neither name nor id, twice", new DeleteTopicsRequest { Topics = [new() { Name = null }, new() { Name = null }] }),
        Delete(6, "an empty name", ByName("")),
        Delete(6, "name and id", new DeleteTopicsRequest { Topics = [new() { Name = "t", TopicId = SomeId }] }),
        Delete(6, "an unknown id twice",
            new DeleteTopicsRequest { Topics = [new() { Name = null, TopicId = SomeId }, new() { Name = null, TopicId = SomeId }] }),
        Delete(6, "the message of success", ByName("odd-success")),
        Delete(5, "the message of success", new DeleteTopicsRequest { TopicNames = ["odd-success-4"] }),
        Grow("no topic"),
        Grow("a topic twice, of which one alone would do", Count("t", 1), Count("t", 2), Count("odd-none", 2)),
        Grow("an assignment of nothing", new CreatePartitionsRequest.CreatePartitionsTopic { Name = "odd-once", Count = 2, Assignments = [] }),
        Grow("the message of success", Count("odd-once", 2)),
        OddEnd.In<CreatePartitionsRequest, CreatePartitionsResponse>(0, "the message of success",
            new CreatePartitionsRequest { Topics = [Count("odd-once", 3)], TimeoutMs = 20_000 }),
        Grow("a negative count", Count("t", -1)),
    ];

    private static IEnumerable<OddEnd> Metadata()
    {
        foreach (short version in new short[] { 0, 1, 9, 12 })
        {
            yield return Ask(version, "a topic twice", Named("t", "t"));
            yield return Ask(version, "no topic", new MetadataRequest { Topics = [] });
            yield return Ask(version, "an empty name", Named(""));
        }

        foreach (short version in new short[] { 1, 12 })
        {
            yield return Ask(version, "null for all", new MetadataRequest { Topics = null });
        }

        yield return Ask(12, "what is not there, twice", Named("odd-none", "odd-none"));

        yield return Ask(12, "neither name nor id", new MetadataRequest { Topics = [new() { Name = null }] });
        yield return Ask(12, "neither name nor id, beside a name", new MetadataRequest { Topics = [new() { Name = null }, new() { Name = "t" }] });
        yield return Ask(12, "name and id", new MetadataRequest { Topics = [new() { Name = "t", TopicId = SomeId }] });
        yield return Ask(12, "a name beside an id", new MetadataRequest { Topics = [new() { Name = "t" }, new() { Name = null, TopicId = SomeId }] });
        yield return Ask(12, "an unknown id twice",
            new MetadataRequest { Topics = [new() { Name = null, TopicId = SomeId }, new() { Name = null, TopicId = SomeId }] });
        yield return Ask(11, "an id before its time", new MetadataRequest { Topics = [new() { Name = null, TopicId = SomeId }] });
        yield return Ask(10, "no name", new MetadataRequest { Topics = [new() { Name = null }] });
        yield return Ask(8, "the rights to what is not there", new MetadataRequest
        {
            Topics = [new() { Name = "odd-none" }, new() { Name = "no good" }], AllowAutoTopicCreation = false, IncludeTopicAuthorizedOperations = true,
            IncludeClusterAuthorizedOperations = true,
        });
    }

    private static OddEnd Ask(short version, string name, MetadataRequest request)
    {
        request.AllowAutoTopicCreation = version < 4;
        return OddEnd.Part<MetadataRequest, MetadataResponse>(version, name, request, answer => answer.Topics = [.. answer.Topics.Where(IsOfRow)]);
    }

    /// <summary>Not a topic of another row, because answers about all topics contain those.</summary>
    private static bool IsOfRow(MetadataResponse.MetadataResponseTopic topic)
        => topic.Name?.StartsWith("odd-", StringComparison.Ordinal) != true || topic.Name == "odd-none";

    private static MetadataRequest Named(params string[] topics)
        => new() { Topics = [.. topics.Select(topic => new MetadataRequest.MetadataRequestTopic { Name = topic })] };

    private static CreateTopicsRequest.CreatableTopic Topic(string name) => new() { Name = name, NumPartitions = 1, ReplicationFactor = 1 };

    private static CreateTopicsRequest Of(params CreateTopicsRequest.CreatableTopic[] topics) => new() { Topics = topics, TimeoutMs = 20_000 };

    private static OddEnd Create(string name, params CreateTopicsRequest.CreatableTopic[] topics)
        => OddEnd.Of<CreateTopicsRequest, CreateTopicsResponse>(name, Of(topics));

    private static DeleteTopicsRequest ByName(params string[] topics)
        => new() { Topics = [.. topics.Select(topic => new DeleteTopicsRequest.DeleteTopicState { Name = topic })] };

    private static OddEnd Delete(short version, string name, DeleteTopicsRequest request)
    {
        request.TimeoutMs = 20_000;
        return OddEnd.In<DeleteTopicsRequest, DeleteTopicsResponse>(version, name, request);
    }

    private static CreatePartitionsRequest.CreatePartitionsTopic Count(string name, int count) => new() { Name = name, Count = count };

    private static OddEnd Grow(string name, params CreatePartitionsRequest.CreatePartitionsTopic[] topics) =>
        OddEnd.Of<CreatePartitionsRequest, CreatePartitionsResponse>(name, new CreatePartitionsRequest { Topics = topics, TimeoutMs = 20_000 });
}
