using Broker.Protocol.Messages;

namespace Peers.Tests.Requests;

/// <summary>Creates, changes and deletes topics, request by request, on Apache Kafka 3.9 and on our broker: the answers are the same.</summary>
public sealed class TopicComparisonTests(BothBrokers both)
{
    [Fact]
    public async Task Topics()
    {
        Comparison comparison = await Comparison.OpenAsync(both);
        await comparison.SameAsync<CreateTopicsRequest, CreateTopicsResponse>(Create(Topic("a.b", 1, 1)));
        await comparison.SameAsync<CreateTopicsRequest, CreateTopicsResponse>(Create(Topic("a.b", 1, 1), Topic("a_b", 1, 1), Topic("", 1, 1),
            Topic("..", 1, 1), Topic(".", 1, 1), Topic("no good", 1, 1)));
        await comparison.SameAsync<CreateTopicsRequest, CreateTopicsResponse>(Create(Topic(new string('x', 250), 1, 1)));
        await comparison.SameAsync<CreateTopicsRequest, CreateTopicsResponse>(Create(Topic("x0", 0, 1), Topic("x1", -2, 1), Topic("x2", 1, 0),
            Topic("x3", 1, -2), Topic("x4", 1, 2), Topic("__cluster_metadata", 1, 1)));
        await comparison.SameAsync<CreateTopicsRequest, CreateTopicsResponse>(Create(Topic("twice", 1, 1), Topic("twice", 1, 1)));
        await comparison.SameAsync<CreateTopicsRequest, CreateTopicsResponse>(Create(Assigned("y0", 1, 1, (0, [0])),
            Assigned("y1", -1, -1, (0, [0]), (2, [0])), Assigned("y2", -1, -1, (0, [0, 0]))));
        await comparison.SameAsync<CreateTopicsRequest, CreateTopicsResponse>(Create(Assigned("y3", -1, -1, (0, [0]), (1, [])),
            Assigned("y5", -1, -1, (1, [0]))));
        await comparison.SameAsync<CreateTopicsRequest, CreateTopicsResponse>(Create(
            Configured("z0", ("nonsense", "1")), Configured("z1", ("retention.ms", "soon")), Configured("z2", ("retention.ms", null)),
                Configured("z3", ("cleanup.policy", "burn")),
            Configured("z4", ("min.insync.replicas", "0")), Configured("z5", ("segment.bytes", "1"))));
        await comparison.SameAsync<CreateTopicsRequest, CreateTopicsResponse>(Create(Configured("good", ("retention.ms", "5000"),
            ("cleanup.policy", "compact,delete"))));
        await comparison.SameAsync<CreateTopicsRequest, CreateTopicsResponse>(new CreateTopicsRequest
        {
            Topics = [Topic("v", 2, 1)], ValidateOnly = true, TimeoutMs = 1000,
        });
        await comparison.SameAsync<CreateTopicsRequest, CreateTopicsResponse>(new CreateTopicsRequest { Topics = [Topic("late", 1, 1)], TimeoutMs = 0 });
        await comparison.SameAsync<CreatePartitionsRequest, CreatePartitionsResponse>(Grow(("good", 3, null), ("none", 3, null), ("a.b", 1, null)));
        await comparison.SameAsync<CreatePartitionsRequest, CreatePartitionsResponse>(Grow(("good", 2, null)));
        await comparison.SameAsync<CreatePartitionsRequest, CreatePartitionsResponse>(Grow(("good", 4, [[9]])));
        await comparison.SameAsync<CreatePartitionsRequest, CreatePartitionsResponse>(Grow(("good", 5, [[0]])));
        await comparison.SameAsync<CreatePartitionsRequest, CreatePartitionsResponse>(Grow(("good", 4, [[0, 0]])));
        await comparison.SameAsync<CreatePartitionsRequest, CreatePartitionsResponse>(Grow(("good", 4, [[]])));
        await comparison.SameAsync<CreatePartitionsRequest, CreatePartitionsResponse>(Grow(("good", 4, [[0]])));
        await comparison.SameAsync<CreatePartitionsRequest, CreatePartitionsResponse>(Grow(("good", 0, null), ("good", 9, null)));
        foreach (short version in new short[] { 0, 1, 4, 5, 7, 8, 10, 12 })
        {
            await comparison.SameAsync<MetadataRequest, MetadataResponse>(Metadata(version, "good", "a.b"), version);
            await comparison.SameAsync<MetadataRequest, MetadataResponse>(Metadata(version), version);
        }

        await comparison.SameAsync<MetadataRequest, MetadataResponse>(Metadata(12, "absent"));
        await comparison.SameAsync<MetadataRequest, MetadataResponse>(Metadata(12, "no good", ""));
        await comparison.SameAsync<MetadataRequest, MetadataResponse>(new MetadataRequest
        {
            Topics = [new() { Name = "auto" }, new() { Name = "no good" },
            new() { Name = "a_b" }], AllowAutoTopicCreation = true
        });
        await comparison.SameAsync<MetadataRequest, MetadataResponse>(new MetadataRequest
        {
            Topics = [new()
        {
            Name = null, TopicId = Guid.Parse("11111111-2222-3333-4444-555555555555"),
        }]
        });
        await comparison.SameAsync<DescribeClusterRequest, DescribeClusterResponse>(new DescribeClusterRequest { IncludeClusterAuthorizedOperations = true });
        await comparison.SameAsync<DescribeClusterRequest, DescribeClusterResponse>(new DescribeClusterRequest { EndpointType = 2 });
        await comparison.SameAsync<DescribeClusterRequest, DescribeClusterResponse>(new DescribeClusterRequest { EndpointType = 7 });
        await comparison.SameAsync<InitProducerIdRequest, InitProducerIdResponse>(new InitProducerIdRequest { TransactionalId = "" });
        await comparison.SameAsync<DeleteTopicsRequest, DeleteTopicsResponse>(Delete("late", "none"));
        await comparison.SameAsync<DeleteTopicsRequest, DeleteTopicsResponse>(new DeleteTopicsRequest
        {
            Topics = [new()
        {
            Name = null, TopicId = Guid.Parse("11111111-2222-3333-4444-555555555555"),
        }], TimeoutMs = 9000
        });
        await comparison.SameAsync<DeleteTopicsRequest, DeleteTopicsResponse>(new DeleteTopicsRequest
        {
            Topics = [new()
        {
            Name = "a.b", TopicId = Guid.Parse("11111111-2222-3333-4444-555555555555"),
        }], TimeoutMs = 9000
        });
        await comparison.SameAsync<DeleteTopicsRequest, DeleteTopicsResponse>(new DeleteTopicsRequest { TopicNames = ["a.b"], TimeoutMs = 9000 }, 3);
        await comparison.SameAsync<DeleteTopicsRequest, DeleteTopicsResponse>(new DeleteTopicsRequest { Topics = [new() { Name = "good" }], TimeoutMs = 0 });
        comparison.ShouldBeTheSame();
    }

    private static CreateTopicsRequest Create(params CreateTopicsRequest.CreatableTopic[] topics) => new() { Topics = topics, TimeoutMs = 20_000 };

    private static CreateTopicsRequest.CreatableTopic Topic(string name, int partitions, short factor)
        => new() { Name = name, NumPartitions = partitions, ReplicationFactor = factor };

    private static CreateTopicsRequest.CreatableTopic Assigned(string name, int partitions, short factor, params (int Partition, int[] Brokers)[] assignments)
        => new()
        {
            Name = name,
            NumPartitions = partitions,
            ReplicationFactor = factor,
            Assignments = [.. assignments.Select(a => new CreateTopicsRequest.CreatableReplicaAssignment
            {
                PartitionIndex = a.Partition, BrokerIds = a.Brokers,
            })],
        };

    private static CreateTopicsRequest.CreatableTopic Configured(string name, params (string Key, string? Value)[] configs) => new()
    {
        Name = name,
        NumPartitions = 2,
        ReplicationFactor = 1,
        Configs = [.. configs.Select(c => new CreateTopicsRequest.CreatableTopicConfig { Name = c.Key, Value = c.Value })],
    };

    private static CreatePartitionsRequest Grow(params (string Name, int Count, int[][]? Assignments)[] topics) => new()
    {
        TimeoutMs = 20_000,
        Topics = [.. topics.Select(t => new CreatePartitionsRequest.CreatePartitionsTopic
        {
            Name = t.Name,
            Count = t.Count,
            Assignments = t.Assignments?.Select(brokers => new CreatePartitionsRequest.CreatePartitionsAssignment { BrokerIds = brokers }).ToArray(),
        })],
    };

    private static MetadataRequest Metadata(short version, params string[] topics) => new()
    {
        Topics = [.. topics.Select(topic => new MetadataRequest.MetadataRequestTopic { Name = topic })],
        AllowAutoTopicCreation = version < 4,
        IncludeTopicAuthorizedOperations = version >= 8,
        IncludeClusterAuthorizedOperations = version is >= 8 and <= 10,
    };

    private static DeleteTopicsRequest Delete(params string[] topics)
        => new() { Topics = [.. topics.Select(t => new DeleteTopicsRequest.DeleteTopicState { Name = t })], TimeoutMs = 20_000 };
}
