using System.Net.Sockets;
using System.Text.Json;
using System.Text.Json.Nodes;
using Broker.Protocol;
using Broker.Protocol.Messages;
using Broker.Server.Metadata;

namespace Broker.Server.Tests.Apis;

/// <summary>
/// The same requests to a fresh Apache broker (KAFKA_PEER=host:port; broker.id 1, rack-1) and to ours: the same answers, but for ids, addresses and
/// documentation. Skipped where no such broker is named.
/// </summary>
public sealed class ApacheComparisonTests
{
    private const string SomeId = "some id";
    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true };

    [Fact]
    public async Task Topics()
    {
        await using Both both = await Both.Open();
        await both.Same<CreateTopicsRequest, CreateTopicsResponse>(Create(Topic("a.b", 1, 1)));
        await both.Same<CreateTopicsRequest, CreateTopicsResponse>(Create(Topic("a.b", 1, 1), Topic("a_b", 1, 1), Topic("", 1, 1), Topic("..", 1, 1),
            Topic(".", 1, 1), Topic("no good", 1, 1)));
        await both.Same<CreateTopicsRequest, CreateTopicsResponse>(Create(Topic(new string('x', 250), 1, 1)));
        await both.Same<CreateTopicsRequest, CreateTopicsResponse>(Create(Topic("x0", 0, 1), Topic("x1", -2, 1), Topic("x2", 1, 0), Topic("x3", 1, -2),
            Topic("x4", 1, 2), Topic("__cluster_metadata", 1, 1)));
        await both.Same<CreateTopicsRequest, CreateTopicsResponse>(Create(Topic("twice", 1, 1), Topic("twice", 1, 1)));
        await both.Same<CreateTopicsRequest, CreateTopicsResponse>(Create(Assigned("y0", 1, 1, (0, [1])), Assigned("y1", -1, -1, (0, [1]), (2, [1])),
            Assigned("y2", -1, -1, (0, [1, 1]))));
        await both.Same<CreateTopicsRequest, CreateTopicsResponse>(Create(Assigned("y3", -1, -1, (0, [1]), (1, [])), Assigned("y5", -1, -1, (1, [1]))));
        await both.Same<CreateTopicsRequest, CreateTopicsResponse>(Create(
            Configured("z0", ("nonsense", "1")), Configured("z1", ("retention.ms", "soon")), Configured("z2", ("retention.ms", null)),
                Configured("z3", ("cleanup.policy", "burn")),
            Configured("z4", ("min.insync.replicas", "0")), Configured("z5", ("segment.bytes", "1"))));
        await both.Same<CreateTopicsRequest, CreateTopicsResponse>(Create(Configured("good", ("retention.ms", "5000"), ("cleanup.policy", "compact,delete"))));
        await both.Same<CreateTopicsRequest, CreateTopicsResponse>(new CreateTopicsRequest
        {
            Topics = [Topic("v", 2, 1)], ValidateOnly = true, TimeoutMs = 1000,
        });
        await both.Same<CreateTopicsRequest, CreateTopicsResponse>(new CreateTopicsRequest { Topics = [Topic("late", 1, 1)], TimeoutMs = 0 });
        await both.Same<CreatePartitionsRequest, CreatePartitionsResponse>(Grow(("good", 3, null), ("none", 3, null), ("a.b", 1, null)));
        await both.Same<CreatePartitionsRequest, CreatePartitionsResponse>(Grow(("good", 2, null)));
        await both.Same<CreatePartitionsRequest, CreatePartitionsResponse>(Grow(("good", 4, [[9]])));
        await both.Same<CreatePartitionsRequest, CreatePartitionsResponse>(Grow(("good", 5, [[1]])));
        await both.Same<CreatePartitionsRequest, CreatePartitionsResponse>(Grow(("good", 4, [[1, 1]])));
        await both.Same<CreatePartitionsRequest, CreatePartitionsResponse>(Grow(("good", 4, [[]])));
        await both.Same<CreatePartitionsRequest, CreatePartitionsResponse>(Grow(("good", 4, [[1]])));
        await both.Same<CreatePartitionsRequest, CreatePartitionsResponse>(Grow(("good", 0, null), ("good", 9, null)));
        foreach (short version in new short[] { 0, 1, 4, 5, 7, 8, 10, 12 })
        {
            await both.Same<MetadataRequest, MetadataResponse>(Metadata(version, "good", "a.b"), version);
            await both.Same<MetadataRequest, MetadataResponse>(Metadata(version), version);
        }

        await both.Same<MetadataRequest, MetadataResponse>(Metadata(12, "absent"));
        await both.Same<MetadataRequest, MetadataResponse>(Metadata(12, "no good", ""));
        await both.Same<MetadataRequest, MetadataResponse>(new MetadataRequest
        {
            Topics = [new() { Name = "auto" }, new() { Name = "no good" },
            new() { Name = "a_b" }], AllowAutoTopicCreation = true
        });
        await both.Same<MetadataRequest, MetadataResponse>(new MetadataRequest
        {
            Topics = [new()
        {
            Name = null, TopicId = Guid.Parse("11111111-2222-3333-4444-555555555555"),
        }]
        });
        await both.Same<DescribeClusterRequest, DescribeClusterResponse>(new DescribeClusterRequest { IncludeClusterAuthorizedOperations = true });
        await both.Same<DescribeClusterRequest, DescribeClusterResponse>(new DescribeClusterRequest { EndpointType = 2 });
        await both.Same<DescribeClusterRequest, DescribeClusterResponse>(new DescribeClusterRequest { EndpointType = 7 });
        await both.Same<InitProducerIdRequest, InitProducerIdResponse>(new InitProducerIdRequest { TransactionalId = "" });
        await both.Same<DeleteTopicsRequest, DeleteTopicsResponse>(Delete("late", "none"));
        await both.Same<DeleteTopicsRequest, DeleteTopicsResponse>(new DeleteTopicsRequest
        {
            Topics = [new()
        {
            Name = null, TopicId = Guid.Parse("11111111-2222-3333-4444-555555555555"),
        }], TimeoutMs = 9000
        });
        await both.Same<DeleteTopicsRequest, DeleteTopicsResponse>(new DeleteTopicsRequest
        {
            Topics = [new()
        {
            Name = "a.b", TopicId = Guid.Parse("11111111-2222-3333-4444-555555555555"),
        }], TimeoutMs = 9000
        });
        await both.Same<DeleteTopicsRequest, DeleteTopicsResponse>(new DeleteTopicsRequest { TopicNames = ["a.b"], TimeoutMs = 9000 }, 3);
        await both.Same<DeleteTopicsRequest, DeleteTopicsResponse>(new DeleteTopicsRequest { Topics = [new() { Name = "good" }], TimeoutMs = 0 });
        both.Verdict();
    }

    [Fact]
    public async Task Settings()
    {
        await using Both both = await Both.Open();
        await both.Same<CreateTopicsRequest, CreateTopicsResponse>(Create(Configured("s", ("retention.ms", "5000"))), 4);
        await both.Same<DescribeConfigsRequest, DescribeConfigsResponse>(Describe(2, "s"));
        await both.Same<DescribeConfigsRequest, DescribeConfigsResponse>(Describe(2, "s", synonyms: false), 0);
        await both.Same<DescribeConfigsRequest, DescribeConfigsResponse>(Describe(2, "none"));
        await both.Same<DescribeConfigsRequest, DescribeConfigsResponse>(Describe(2, "no good"));
        await both.Same<DescribeConfigsRequest, DescribeConfigsResponse>(Describe(2, ""));
        await both.Same<DescribeConfigsRequest, DescribeConfigsResponse>(Describe(4, ""));
        await both.Same<DescribeConfigsRequest, DescribeConfigsResponse>(Describe(4, "7"));
        await both.Same<DescribeConfigsRequest, DescribeConfigsResponse>(Describe(4, "x"));
        await both.Same<DescribeConfigsRequest, DescribeConfigsResponse>(Describe(77, "x"));
        foreach ((string name, AlterOperation op, string? value) in new (string, AlterOperation, string?)[]
        {
            ("retention.ms", AlterOperation.Set, "7"), ("retention.ms", AlterOperation.Set, "soon"), ("retention.ms", AlterOperation.Set, "-5"),
                ("nonsense", AlterOperation.Set, "1"),
            ("nonsense", AlterOperation.Delete, null), ("retention.ms", AlterOperation.Append, "7"), ("retention.ms", AlterOperation.Subtract, "7"),
            ("retention.ms", AlterOperation.Set, null), ("cleanup.policy", AlterOperation.Append, "compact"), ("cleanup.policy", AlterOperation.Set, "burn"),
            ("cleanup.policy", AlterOperation.Subtract, "delete"), ("compression.type", AlterOperation.Set, "zip"),
        })
        {
            await both.Same<IncrementalAlterConfigsRequest, IncrementalAlterConfigsResponse>(Change(2, "s", (name, op, value)));
        }

        await both.Same<IncrementalAlterConfigsRequest, IncrementalAlterConfigsResponse>(Change(2, "s", ("retention.ms", AlterOperation.Set, "7"),
            ("retention.ms", AlterOperation.Set, "8")));
        await both.Same<IncrementalAlterConfigsRequest, IncrementalAlterConfigsResponse>(Change(2, "none", ("retention.ms", AlterOperation.Set, "7")));
        await both.Same<IncrementalAlterConfigsRequest, IncrementalAlterConfigsResponse>(Change(2, "", ("retention.ms", AlterOperation.Set, "7")));
        await both.Same<IncrementalAlterConfigsRequest, IncrementalAlterConfigsResponse>(Change(77, "x", ("retention.ms", AlterOperation.Set, "7")));
        foreach (string broker in new[] { "1", "2", "x", "" })
        {
            foreach ((string key,
                string value) in new[] { ("log.retention.ms", "9000"), ("log.retention.ms", "soon"), ("broker.rack", "r"), ("nonsense", "1"),
                ("log.cleaner.threads", "2"), ("max.connections", "77"), ("log.roll.ms", "5") })
            {
                IncrementalAlterConfigsRequest request = Change(4, broker, (key, AlterOperation.Set, value));
                request.ValidateOnly = true;
                await both.Same<IncrementalAlterConfigsRequest, IncrementalAlterConfigsResponse>(request);
            }
        }

        await both.Same<AlterConfigsRequest, AlterConfigsResponse>(Replace(2, "s", ("segment.bytes", "100000")));
        await both.Same<AlterConfigsRequest, AlterConfigsResponse>(Replace(2, "s", ("nonsense", "100000")));
        await both.Same<AlterConfigsRequest, AlterConfigsResponse>(Replace(2, "s", ("segment.bytes", "few")));
        await both.Same<AlterConfigsRequest, AlterConfigsResponse>(Replace(2, "s", ("segment.bytes", null)));
        await both.Same<AlterConfigsRequest, AlterConfigsResponse>(Replace(2, "none", ("segment.bytes", "100000")));
        await both.Same<AlterConfigsRequest, AlterConfigsResponse>(Replace(2, "", ("segment.bytes", "100000")));
        await both.Same<AlterConfigsRequest, AlterConfigsResponse>(Replace(4, "2", ("log.retention.ms", "100000")));
        await both.Same<AlterConfigsRequest, AlterConfigsResponse>(Replace(77, "2", ("log.retention.ms", "100000")));
        await both.Same<IncrementalAlterConfigsRequest, IncrementalAlterConfigsResponse>(Change(4, "", ("log.retention.ms", AlterOperation.Set, "9000"),
            ("log.cleaner.threads", AlterOperation.Set, "2")));
        await both.Settle();
        await both.Same<DescribeConfigsRequest, DescribeConfigsResponse>(Describe(2, "s"));
        await both.Same<DescribeConfigsRequest, DescribeConfigsResponse>(Describe(4, ""));
        await both.Same<IncrementalAlterConfigsRequest, IncrementalAlterConfigsResponse>(Change(4, "", ("log.retention.ms", AlterOperation.Delete, null),
            ("log.cleaner.threads", AlterOperation.Delete, null)));
        await both.Same<DeleteTopicsRequest, DeleteTopicsResponse>(Delete("s"));
        both.Verdict();
    }

    [Fact]
    public async Task A_broker_s_settings()
    {
        await using Both both = await Both.Open();
        Dictionary<string, string> theirs = await both.TheirSettings(Describe(4, "1"));
        Dictionary<string, string> ours = await both.OurSettings(Describe(4, "1"));
        // What differs by how the two were started, and our finite default (see docs/compatibility.md).
        string[] ofTheRun = ["broker.id", "node.id", "listeners", "advertised.listeners", "log.dir", "log.dirs", "zookeeper.connect",
            "zookeeper.session.timeout.ms", "queued.max.request.bytes",
            // And what Kafka lets change while it runs, and we do not.
            "listener.security.protocol.map", "max.connection.creation.rate", "principal.builder.class", "sasl.enabled.mechanisms", "sasl.jaas.config",
                "sasl.mechanism.inter.broker.protocol"];
        List<string> common = theirs.Keys.Intersect(ours.Keys).Except(ofTheRun).ToList();
        common.Count.ShouldBeGreaterThan(145);
        common.Where(key => theirs[key] != ours[key]).Select(key => $"{theirs[key]}\n{ours[key]}").ShouldBeEmpty();
        ours.Keys.Except(theirs.Keys).Order().ShouldBe(["log.format", "log.initial.task.delay.ms", "metrics.http.listener"]);
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
            Assignments = [.. assignments.Select(a => new CreateTopicsRequest.CreatableReplicaAssignment { PartitionIndex = a.Partition, BrokerIds = a.Brokers })],
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

    private static DescribeConfigsRequest Describe(sbyte type, string name, bool synonyms = true) =>
        new() { Resources = [new() { ResourceType = type, ResourceName = name, ConfigurationKeys = null }], IncludeSynonyms = synonyms };

    private static IncrementalAlterConfigsRequest Change(sbyte type, string name, params (string Key, AlterOperation Operation, string? Value)[] changes)
        => new()
        {
            Resources = [new()
        {
            ResourceType = type, ResourceName = name,
                Configs = [.. changes.Select(c => new IncrementalAlterConfigsRequest.AlterableConfig
                {
                    Name = c.Key, ConfigOperation = (sbyte)c.Operation, Value = c.Value,
                })],
        }],
        };

    private static AlterConfigsRequest Replace(sbyte type, string name, params (string Key, string? Value)[] values) => new()
    {
        Resources = [new()
        {
            ResourceType = type, ResourceName = name,
                Configs = [.. values.Select(c => new AlterConfigsRequest.AlterableConfig { Name = c.Key, Value = c.Value })],
        }],
    };

    private sealed class Both(OneBrokerCluster ours, TcpClient peer) : IAsyncDisposable
    {
        private readonly List<string> _differences = [];
        private int _correlation;

        public static async Task<Both> Open()
        {
            if (Environment.GetEnvironmentVariable("KAFKA_PEER") is not { } address)
            {
                Assert.Skip("KAFKA_PEER names no running Apache broker");
                throw new InvalidOperationException();
            }

            TcpClient peer = new();
            await peer.ConnectAsync(address.Split(':')[0], int.Parse(address.Split(':')[1]));
            OneBrokerCluster ours = await OneBrokerCluster.Start(
                ("transaction.state.log.replication.factor", "1"), ("transaction.state.log.min.isr", "1"), ("group.initial.rebalance.delay.ms", "0"),
                    ("default.replication.factor", "1"));
            return new Both(ours, peer);
        }

        public async Task Same<TRequest, TResponse>(TRequest request, short? version = null, string[]? ignore = null)
            where TRequest : class, IRequest<TRequest>
            where TResponse : class, IMessage<TResponse>
        {
            short used = version ?? TRequest.HighestVersion;
            string theirs = Text(OneBrokerCluster.Read<TResponse>(await Ask(request, used, TResponse.FirstFlexibleVersion <= used), used), ignore);
            string mine = Text(await ours.Call<TRequest, TResponse>(request, used), ignore);
            if (theirs != mine)
            {
                _differences.Add($"{typeof(TRequest).Name} {used} {JsonSerializer.Serialize(request)}\n{Difference(theirs, mine)}");
            }
        }

        public async Task<Dictionary<string, string>> TheirSettings(DescribeConfigsRequest request) =>
            ByName(OneBrokerCluster.Read<DescribeConfigsResponse>(await Ask(request, 4, flexible: true), 4));

        public async Task<Dictionary<string, string>> OurSettings(DescribeConfigsRequest request)
            => ByName(await ours.Call<DescribeConfigsRequest, DescribeConfigsResponse>(request));

        /// <summary>Settings travel by notices: asked until both say so.</summary>
        public async Task Settle()
        {
            for (int i = 0; i < 1000 && ours.Membership.Brokers.Layers.Default.Count < 2; i++)
            {
                await ours.Call<DescribeConfigsRequest, DescribeConfigsResponse>(Describe(4, ""));
            }
            for (int i = 0; i < 1000; i++)
            {
                DescribeConfigsResponse described = OneBrokerCluster.Read<DescribeConfigsResponse>(await Ask(Describe(4, ""), 4, flexible: true), 4);
                if (described.Results[0].Configs.Length >= 2)
                {
                    return;
                }
            }
        }

        public void Verdict() => (_differences.Count == 0).ShouldBeTrue(string.Join("\n\n", _differences));

        public async ValueTask DisposeAsync()
        {
            peer.Dispose();
            await ours.DisposeAsync();
        }

        private static Dictionary<string, string> ByName(DescribeConfigsResponse response) =>
            response.Results[0].Configs.ToDictionary(config => config.Name, config => Text(config, null));

        private static string Difference(string theirs, string mine)
        {
            string[] left = theirs.Split('\n');
            string[] right = mine.Split('\n');
            if (left.ToHashSet().SetEquals(right))
            {
                return theirs + "\n-------- ours\n" + mine;
            }
            return string.Join('\n', left.Except(right).Select(line => "  apache " + line).Concat(right.Except(left).Select(line => "  ours   " + line)));
        }

        private static string Text<T>(T response, string[]? ignore)
        {
            JsonNode json = JsonNode.Parse(JsonSerializer.Serialize(response))!;
            Normalize(json);
            if (json["Results"] is JsonArray { Count: > 0 } results && results[0]!["Configs"] is JsonArray configs)
            {
                List<JsonNode?> sorted = configs.OrderBy(config => (string)config!["Name"]!,
                    StringComparer.Ordinal).Where(config => ignore?.Contains((string)config!["Name"]!) != true).ToList();
                return string.Join('\n', sorted.Select(config => config!.ToJsonString()));
            }

            Sort(json, "Topics");
            Sort(json, "Results");
            Sort(json, "Responses");
            return json.ToJsonString(Indented);
        }

        private static void Sort(JsonNode json, string name)
        {
            if (json[name] is not JsonArray array)
            {
                return;
            }
            JsonNode[] sorted = array.Where(item => ((string?)item!["Name"])?.StartsWith("__consumer", StringComparison.Ordinal) != true)
                .OrderBy(item => (string?)item!["Name"], StringComparer.Ordinal).Select(item => item!.DeepClone()).ToArray();
            foreach (JsonNode topic in sorted)
            {
                // Apache's order is that of a hash map.
                if (topic["Partitions"] is JsonArray partitions)
                {
                    topic["Partitions"] = new JsonArray([.. partitions.OrderBy(partition => (int)partition!["PartitionIndex"]!)
                        .Select(partition => partition!.DeepClone())]);
                }
                if (topic["Configs"] is JsonArray configs)
                {
                    topic["Configs"] = new JsonArray([.. configs.OrderBy(config => (string)config!["Name"]!,
                        StringComparer.Ordinal).Select(config => JsonNode.Parse(config!.ToJsonString().Replace("\n", "")))]);
                }
            }

            json[name] = new JsonArray(sorted);
        }

        private static void Normalize(JsonNode? node)
        {
            if (node is JsonArray array)
            {
                foreach (JsonNode? item in array)
                {
                    Normalize(item);
                }
            }

            if (node is not JsonObject fields)
            {
                return;
            }
            foreach ((string name, JsonNode? value) in fields.ToList())
            {
                if (name is "UnknownTaggedFields" or "Documentation" or "ThrottleTimeMs" or "Port")
                {
                    fields.Remove(name);
                }
                else if (name is "TopicId" or "ClusterId" or "ProducerId" && value is not null
                    && value.ToString() is not ("00000000-0000-0000-0000-000000000000" or "-1" or ""))
                {
                    fields[name] = SomeId;
                }
                else
                {
                    Normalize(value);
                }
            }
        }

        private async Task<byte[]> Ask<TRequest>(TRequest request, short version, bool flexible)
            where TRequest : class, IRequest<TRequest>
        {
            using ProtocolWriter writer = new();
            writer.WriteInt32(0);
            writer.WriteInt16((short)TRequest.Key);
            writer.WriteInt16(version);
            writer.WriteInt32(++_correlation);
            writer.WriteNullableString("comparison", flexible: false);
            if (TRequest.FirstFlexibleVersion <= version)
            {
                writer.WriteUnsignedVarint(0);
            }
            request.Write(writer, version);
            writer.PatchInt32(0, writer.Length - 4);
            NetworkStream stream = peer.GetStream();
            await stream.WriteAsync(writer.ToArray());
            byte[] length = new byte[4];
            await stream.ReadExactlyAsync(length);
            byte[] body = new byte[System.Buffers.Binary.BinaryPrimitives.ReadInt32BigEndian(length)];
            await stream.ReadExactlyAsync(body);
            return body[(flexible ? 5 : 4)..];
        }
    }
}
