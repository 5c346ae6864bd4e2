using Broker.Server.Scheduling;
using Broker.Protocol;
using Broker.Protocol.Messages;
using Broker.Server.Metadata;
using Broker.Server.Metadata.Znodes;
using Broker.Server.Security;

namespace Broker.Server.Tests.Apis;

public sealed class TopicApisTests
{
    [Fact]
    public async Task A_created_topic_is_led_when_its_creation_is_answered()
    {
        await using OneBrokerCluster cluster = await OneBrokerCluster.Start();
        CreateTopicsResponse.CreatableTopicResult created = (await cluster.CreateTopic("t", 3, ("retention.ms", "5"))).Topics.ShouldHaveSingleItem();
        (created.ErrorCode, created.ErrorMessage, created.NumPartitions, created.ReplicationFactor).ShouldBe(((short)0, null, 3, (short)1));
        created.Configs.ShouldNotBeNull().Single(config => config.Name == "retention.ms").ShouldSatisfyAllConditions(c => c.Value.ShouldBe("5"),
            c => c.ConfigSource.ShouldBe((sbyte)1));

        MetadataResponse.MetadataResponseTopic topic = (await Metadata(cluster, "t")).Topics.ShouldHaveSingleItem();
        topic.TopicId.ShouldBe(created.TopicId);
        topic.Partitions.Select(p => (p.PartitionIndex, p.LeaderId, p.LeaderEpoch, p.ErrorCode)).ShouldBe([(0, 1, 0, (short)0), (1, 1, 0, (short)0),
            (2, 1, 0, (short)0)]);
        cluster.Membership.Topics.LogConfigOf("t").RetentionMs.ShouldBe(5);
    }

    [Fact]
    public async Task Every_version_is_answered()
    {
        await using OneBrokerCluster cluster = await OneBrokerCluster.Start();
        for (short version = 0; version <= 7; version++)
        {
            CreateTopicsRequest request = new() { Topics = [new() { Name = $"t{version}", NumPartitions = 1, ReplicationFactor = 1 }], TimeoutMs = 30_000 };
            (await cluster.Call<CreateTopicsRequest, CreateTopicsResponse>(request, version)).Topics[0].ErrorCode.ShouldBe((short)0);
        }

        for (short version = 0; version <= 12; version++)
        {
            (await Metadata(cluster, "t0", version)).Topics.ShouldHaveSingleItem().Name.ShouldBe("t0");
        }
        for (short version = 0; version <= 6; version++)
        {
            DeleteTopicsRequest request = version < 6 ? new DeleteTopicsRequest { TopicNames = [$"t{version}"], TimeoutMs = 30_000 }
                : new DeleteTopicsRequest { Topics = [new() { Name = "t6" }], TimeoutMs = 30_000 };
            (await cluster.Call<DeleteTopicsRequest, DeleteTopicsResponse>(request, version)).Responses[0].ErrorCode.ShouldBe((short)0);
        }

        cluster.Membership.Metadata.Current.Topics.Keys.ShouldBe(["t7"]);
    }

    [Theory]
    [InlineData(85_000)]
    [InlineData(5_000_000)]
    [InlineData(int.MaxValue)]
    public async Task More_partitions_than_a_topic_s_znode_can_hold_are_refused_before_anything_is_made(int count)
    {
        await using OneBrokerCluster cluster = await OneBrokerCluster.Start();
        await cluster.CreateTopic("t");
        long allocated = GC.GetAllocatedBytesForCurrentThread();
        (await Create(cluster, "x", count, 1)).ShouldBe(ErrorCode.InvalidPartitions);
        (GC.GetAllocatedBytesForCurrentThread() - allocated).ShouldBeLessThan(100 << 20);
        CreatePartitionsRequest growth = new() { Topics = [new() { Name = "t", Count = count, Assignments = null }], TimeoutMs = 30_000 };
        ((ErrorCode)(await cluster.Call<CreatePartitionsRequest, CreatePartitionsResponse>(growth)).Results[0].ErrorCode).ShouldBe(ErrorCode.InvalidPartitions);
        (await cluster.Membership.Znodes.Children("/config/topics")).ShouldBe(["t"]);
        cluster.Membership.Metadata.Current.Topic("t")!.Partitions.Count.ShouldBe(1);
    }

    [Fact]
    public async Task A_topic_that_cannot_be_made_leaves_no_settings_and_one_that_is_made_replaces_a_former_one_s()
    {
        await using OneBrokerCluster cluster = await OneBrokerCluster.Start();
        NewTopic tooLong = new("x", 1, 1, [], [new("follower.replication.throttled.replicas", string.Join(',', Enumerable.Repeat("1:1", 300_000)))]);
        RequestTime time = new(new ClusterSession(cluster.Tree), TimeProvider.System, TimeSpan.Zero);
        (await cluster.Membership.Creation.Create(tooLong, validateOnly: false, time)).Error.ShouldBe(ErrorCode.UnknownServerError);
        (await cluster.Membership.Znodes.Children("/config/topics")).ShouldBeEmpty();

        await cluster.Membership.Znodes.SetConfig("topics/x", new Dictionary<string, string> { ["retention.ms"] = "1" });
        ((ErrorCode)(await cluster.CreateTopic("x", 1, ("segment.bytes", "100000"))).Topics[0].ErrorCode).ShouldBe(ErrorCode.None);
        (await cluster.Membership.Znodes.Config("topics/x")).ShouldBe([new("segment.bytes", "100000")]);
    }

    [Fact]
    public async Task Creation_is_refused_as_kafka_refuses_it()
    {
        await using OneBrokerCluster cluster = await OneBrokerCluster.Start();
        await cluster.CreateTopic("a.b");
        (await Create(cluster, "a.b", 1, 1)).ShouldBe(ErrorCode.TopicAlreadyExists);
        (await Create(cluster, "a_b", 1, 1)).ShouldBe(ErrorCode.InvalidTopicException);
        (await Create(cluster, "no good", 1, 1)).ShouldBe(ErrorCode.InvalidTopicException);
        (await Create(cluster, "x", 0, 1)).ShouldBe(ErrorCode.InvalidPartitions);
        (await Create(cluster, "x", 1, 0)).ShouldBe(ErrorCode.InvalidReplicationFactor);
        (await Create(cluster, "x", 1, 2)).ShouldBe(ErrorCode.InvalidReplicationFactor);
        (await Create(cluster, "__cluster_metadata", 1, 1)).ShouldBe(ErrorCode.InvalidRequest);
        (await Create(cluster, "x", 1, 1, [(0, [1])])).ShouldBe(ErrorCode.InvalidRequest);
        (await Create(cluster, "x", -1, -1, [(0, [1]), (2, [1])])).ShouldBe(ErrorCode.InvalidReplicaAssignment);
        (await Create(cluster, "x", -1, -1, [(0, [1, 1])])).ShouldBe(ErrorCode.InvalidReplicaAssignment);
        (await Create(cluster, "x", -1, -1, [(0, [1]), (1, [])])).ShouldBe(ErrorCode.InvalidReplicaAssignment);
        (await cluster.CreateTopic("x", 1, ("nonsense", "1"))).Topics[0].ErrorCode.ShouldBe((short)ErrorCode.InvalidConfig);
        (await cluster.CreateTopic("x", 1, ("retention.ms", "soon"))).Topics[0].ErrorCode.ShouldBe((short)ErrorCode.InvalidConfig);
        (await cluster.CreateTopic("x", 1, ("retention.ms", null))).Topics[0].ErrorCode.ShouldBe((short)ErrorCode.InvalidConfig);
        cluster.Membership.Metadata.Current.Topics.Keys.ShouldBe(["a.b"]);
        (await Create(cluster, "x", -1, -1, [(0, [1]), (1, [1])])).ShouldBe(ErrorCode.None);
        cluster.Membership.Metadata.Current.Topic("x").ShouldNotBeNull().Partitions.Count.ShouldBe(2);
    }

    [Fact]
    public async Task Validating_creates_nothing_and_a_topic_named_twice_is_refused()
    {
        await using OneBrokerCluster cluster = await OneBrokerCluster.Start();
        CreateTopicsRequest.CreatableTopic Topic(string name) => new() { Name = name, NumPartitions = -1, ReplicationFactor = -1 };
        CreateTopicsResponse validated = await cluster.Call<CreateTopicsRequest, CreateTopicsResponse>(new CreateTopicsRequest
        {
            Topics = [Topic("t")], ValidateOnly = true,
        });
        (validated.Topics[0].ErrorCode, validated.Topics[0].NumPartitions, validated.Topics[0].TopicId).ShouldBe(((short)0, 1, Guid.Empty));
        CreateTopicsResponse twice = await cluster.Call<CreateTopicsRequest, CreateTopicsResponse>(new CreateTopicsRequest
        {
            Topics = [Topic("t"), Topic("t")], TimeoutMs = 1,
        });
        twice.Topics.Select(topic => (ErrorCode)topic.ErrorCode).ShouldBe([ErrorCode.InvalidRequest, ErrorCode.InvalidRequest]);
        cluster.Membership.Metadata.Current.Topics.ShouldBeEmpty();
    }

    [Fact]
    public async Task Without_time_creation_goes_on_but_is_answered_as_timed_out()
    {
        await using OneBrokerCluster cluster = await OneBrokerCluster.Start();
        CreateTopicsRequest request = new() { Topics = [new() { Name = "t", NumPartitions = 1, ReplicationFactor = 1 }], TimeoutMs = 0 };
        CreateTopicsResponse.CreatableTopicResult late = (await cluster.Call<CreateTopicsRequest, CreateTopicsResponse>(request)).Topics.ShouldHaveSingleItem();
        (late.ErrorCode, late.NumPartitions).ShouldBe(((short)ErrorCode.RequestTimedOut, -1));
        (await cluster.Membership.Metadata.WaitFor(image => image.Topic("t") is not null, TimeSpan.FromSeconds(20))).ShouldBeTrue();
    }

    [Fact]
    public async Task Topics_are_deleted_by_name_or_id()
    {
        await using OneBrokerCluster cluster = await OneBrokerCluster.Start();
        Guid id = (await cluster.CreateTopic("a")).Topics[0].TopicId;
        await cluster.CreateTopic("b");
        Guid unknown = Guid.Parse("11111111-2222-3333-4444-555555555555");
        (string? Name,
            ErrorCode Error)[] deleted = await Delete(cluster, new() { TopicId = id }, new() { Name = "b" }, new() { Name = "c" }, new() { TopicId = unknown });
        deleted.ShouldBe([("a", ErrorCode.None), ("b", ErrorCode.None), ("c", ErrorCode.UnknownTopicOrPartition), (null, ErrorCode.UnknownTopicId)]);
        cluster.Membership.Metadata.Current.Topics.ShouldBeEmpty();
        (await Delete(cluster, new DeleteTopicsRequest.DeleteTopicState { Name = "b", TopicId = unknown })).ShouldBe([("b", ErrorCode.InvalidRequest)]);
    }

    [Fact]
    public async Task Where_deletion_is_disabled_it_says_so()
    {
        await using OneBrokerCluster cluster = await OneBrokerCluster.Start(("delete.topic.enable", "false"));
        await cluster.CreateTopic("a");
        (await Delete(cluster, new DeleteTopicsRequest.DeleteTopicState { Name = "a" })).ShouldBe([("a", ErrorCode.TopicDeletionDisabled)]);
        DeleteTopicsResponse old = await cluster.Call<DeleteTopicsRequest, DeleteTopicsResponse>(new DeleteTopicsRequest { TopicNames = ["a"] }, 2);
        old.Responses[0].ErrorCode.ShouldBe((short)ErrorCode.InvalidRequest);
    }

    [Fact]
    public async Task Topics_grow_and_never_shrink()
    {
        await using OneBrokerCluster cluster = await OneBrokerCluster.Start();
        await cluster.CreateTopic("t", 2);
        (await Grow(cluster, "t", 4)).ShouldBe(ErrorCode.None);
        cluster.Membership.Metadata.Current.Topic("t").ShouldNotBeNull().Partitions.Count.ShouldBe(4);
        (await Grow(cluster, "t", 4)).ShouldBe(ErrorCode.InvalidPartitions);
        (await Grow(cluster, "t", 3)).ShouldBe(ErrorCode.InvalidPartitions);
        (await Grow(cluster, "none", 3)).ShouldBe(ErrorCode.UnknownTopicOrPartition);
        (await Grow(cluster, "", 3)).ShouldBe(ErrorCode.UnknownTopicOrPartition);
        (await Grow(cluster, "t/partitions", 3)).ShouldBe(ErrorCode.UnknownTopicOrPartition);
        (await Grow(cluster, "t", 5, [9])).ShouldBe(ErrorCode.InvalidReplicaAssignment);
        (await Grow(cluster, "t", 6, [1])).ShouldBe(ErrorCode.InvalidReplicaAssignment);
        (await Grow(cluster, "t", 5, [1])).ShouldBe(ErrorCode.None);
    }

    [Fact]
    public async Task Asking_for_a_topic_creates_it_unless_client_or_broker_forbid_it()
    {
        await using OneBrokerCluster cluster = await OneBrokerCluster.Start(("num.partitions", "2"));
        (await Metadata(cluster, "quiet", 12, create: false)).Topics[0].ErrorCode.ShouldBe((short)ErrorCode.UnknownTopicOrPartition);
        (await Metadata(cluster, "no good", 12)).Topics[0].ErrorCode.ShouldBe((short)ErrorCode.InvalidTopicException);
        MetadataResponse[] answers = await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => Metadata(cluster, "t")));
        answers.ShouldAllBe(answer => answer.Topics[0].ErrorCode == (short)ErrorCode.LeaderNotAvailable || answer.Topics[0].ErrorCode == 0);
        (await cluster.Membership.Metadata.WaitFor(image => image.Topic("t")?.Partitions.Count == 2, TimeSpan.FromSeconds(20))).ShouldBeTrue();

        (await cluster.Membership.AutomaticCreation.EnsureInternalTopic("__consumer_offsets")).ShouldBe(ErrorCode.None);
        (await cluster.Membership.Metadata.WaitFor(image => image.Topic("__consumer_offsets")?.Partitions.Count == 50,
            TimeSpan.FromSeconds(20))).ShouldBeTrue();
        cluster.Membership.Topics.LogConfigOf("__consumer_offsets").ShouldSatisfyAllConditions(c => c.CleanupCompact.ShouldBeTrue(),
            c => c.SegmentBytes.ShouldBe(104857600));
        (await Metadata(cluster, "__consumer_offsets")).Topics[0].IsInternal.ShouldBeTrue();

        await using OneBrokerCluster strict = await OneBrokerCluster.Start(("auto.create.topics.enable", "false"));
        (await Metadata(strict, "t")).Topics[0].ErrorCode.ShouldBe((short)ErrorCode.UnknownTopicOrPartition);
    }

    [Fact]
    public async Task Metadata_is_asked_for_all_for_none_and_by_id()
    {
        await using OneBrokerCluster cluster = await OneBrokerCluster.Start();
        Guid id = (await cluster.CreateTopic("a")).Topics[0].TopicId;
        await cluster.CreateTopic("b");
        (await cluster.Call<MetadataRequest, MetadataResponse>(new MetadataRequest { Topics = null })).Topics.Select(topic => topic.Name).Order()
            .ShouldBe(["a", "b"]);
        (await cluster.Call<MetadataRequest, MetadataResponse>(new MetadataRequest { Topics = [] }, 0)).Topics.Length.ShouldBe(2);
        MetadataResponse none = await cluster.Call<MetadataRequest, MetadataResponse>(new MetadataRequest
        {
            Topics = [], IncludeClusterAuthorizedOperations = true,
        }, 8);
        none.Topics.ShouldBeEmpty();
        none.ClusterAuthorizedOperations.ShouldBe(0b1_1111_1011_0000 & AuthorizedOperationsOfCluster);
        none.Brokers.ShouldHaveSingleItem().ShouldSatisfyAllConditions(b => b.NodeId.ShouldBe(1), b => b.Port.ShouldBe(9092), b => b.Rack.ShouldBe("rack-1"));
        (none.ControllerId, none.ClusterId).ShouldBe((1, cluster.Membership.ClusterId));

        MetadataRequest ById(Guid topic) => new() { Topics = [new() { TopicId = topic, Name = null }] };
        (await cluster.Call<MetadataRequest, MetadataResponse>(ById(id))).Topics[0].Name.ShouldBe("a");
        (await cluster.Call<MetadataRequest, MetadataResponse>(ById(Guid.NewGuid()))).Topics[0].ErrorCode.ShouldBe((short)ErrorCode.UnknownTopicId);
        (await cluster.Call<MetadataRequest, MetadataResponse>(ById(id), 10)).Topics[0].ErrorCode.ShouldBe((short)ErrorCode.InvalidRequest);
    }

    [Fact]
    public async Task What_may_not_be_seen_is_not_told()
    {
        await using OneBrokerCluster cluster = await OneBrokerCluster.Start();
        Guid id = (await cluster.CreateTopic("secret")).Topics[0].TopicId;
        cluster.Authorizer.Rule = (_, type, _) => type != ResourceType.Topic;
        (await Metadata(cluster, "secret")).Topics[0].ErrorCode.ShouldBe((short)ErrorCode.TopicAuthorizationFailed);
        (await cluster.Call<MetadataRequest, MetadataResponse>(new MetadataRequest { Topics = null })).Topics.ShouldBeEmpty();
        (await Delete(cluster, new DeleteTopicsRequest.DeleteTopicState { TopicId = id })).ShouldBe([(null, ErrorCode.TopicAuthorizationFailed)]);
        (await Grow(cluster, "secret", 2)).ShouldBe(ErrorCode.TopicAuthorizationFailed);
        cluster.Authorizer.Rule = (_, _, _) => false;
        (await Create(cluster, "t", 1, 1)).ShouldBe(ErrorCode.TopicAuthorizationFailed);
        InitProducerIdResponse init = await cluster.Call<InitProducerIdRequest, InitProducerIdResponse>(new InitProducerIdRequest { TransactionalId = null });
        init.ErrorCode.ShouldBe((short)ErrorCode.ClusterAuthorizationFailed);
    }

    [Fact]
    public async Task The_cluster_is_described_to_who_asks_for_brokers()
    {
        await using OneBrokerCluster cluster = await OneBrokerCluster.Start();
        DescribeClusterResponse described = await cluster.Call<DescribeClusterRequest, DescribeClusterResponse>(new DescribeClusterRequest());
        (described.ErrorCode, described.ControllerId, described.Brokers.Length).ShouldBe(((short)0, 1, 1));
        described.ClusterId.ShouldBe(cluster.Membership.ClusterId);
        (await cluster.Call<DescribeClusterRequest, DescribeClusterResponse>(new DescribeClusterRequest { EndpointType = 2 })).ErrorCode.ShouldBe(
            (short)ErrorCode.MismatchedEndpointType);
        (await cluster.Call<DescribeClusterRequest, DescribeClusterResponse>(new DescribeClusterRequest { EndpointType = 3 })).ErrorCode.ShouldBe(
            (short)ErrorCode.UnsupportedEndpointType);
    }

    [Fact]
    public async Task Producer_ids_are_never_given_twice()
    {
        await using OneBrokerCluster cluster = await OneBrokerCluster.Start();
        long[] ids = await Task.WhenAll(Enumerable.Range(0,
            2500).Select(
                async _ => (await cluster.Call<InitProducerIdRequest, InitProducerIdResponse>(
                    new InitProducerIdRequest { TransactionalId = null })).ProducerId));
        ids.Distinct().Count().ShouldBe(2500);
        ids.Order().ShouldBe(Enumerable.Range(0, 2500).Select(i => (long)i));
        InitProducerIdResponse transactional =
            await cluster.Call<InitProducerIdRequest, InitProducerIdResponse>(new InitProducerIdRequest { TransactionalId = "tx" });
        (transactional.ErrorCode, transactional.ProducerId,
            transactional.ProducerEpoch).ShouldBe(((short)ErrorCode.TransactionalIdAuthorizationFailed, -1, (short)-1));
        (await cluster.Call<AllocateProducerIdsRequest, AllocateProducerIdsResponse>(
            new AllocateProducerIdsRequest { BrokerId = 1, BrokerEpoch = cluster.Membership.BrokerEpoch })).ProducerIdStart.ShouldBeGreaterThanOrEqualTo(3000);
    }

    private static int AuthorizedOperationsOfCluster => new[] { 5, 9, 10, 11, 12, 7, 8 }.Sum(operation => 1 << operation);

    private static Task<MetadataResponse> Metadata(OneBrokerCluster cluster, string topic, short version = 12, bool create = true) =>
        cluster.Call<MetadataRequest, MetadataResponse>(new MetadataRequest { Topics = [new() { Name = topic }], AllowAutoTopicCreation = create }, version);

    private static async Task<ErrorCode> Create(OneBrokerCluster cluster, string name, int partitions, short factor,
        (int Partition, int[] Brokers)[]? assignments = null)
    {
        CreateTopicsRequest.CreatableTopic topic = new()
        {
            Name = name,
            NumPartitions = partitions,
            ReplicationFactor = factor,
            Assignments = [.. (assignments
                ?? []).Select(a => new CreateTopicsRequest.CreatableReplicaAssignment { PartitionIndex = a.Partition, BrokerIds = a.Brokers })],
        };
        CreateTopicsResponse response = await cluster.Call<CreateTopicsRequest, CreateTopicsResponse>(new CreateTopicsRequest
        {
            Topics = [topic], TimeoutMs = 30_000,
        });
        return (ErrorCode)response.Topics[0].ErrorCode;
    }

    private static async Task<ErrorCode> Grow(OneBrokerCluster cluster, string name, int count, int[]? assignment = null)
    {
        CreatePartitionsRequest.CreatePartitionsTopic topic = new()
        {
            Name = name, Count = count, Assignments = assignment is null ? null : [new() { BrokerIds = assignment }],
        };
        CreatePartitionsResponse response =
            await cluster.Call<CreatePartitionsRequest, CreatePartitionsResponse>(new CreatePartitionsRequest { Topics = [topic], TimeoutMs = 30_000 });
        return (ErrorCode)response.Results[0].ErrorCode;
    }

    private static async Task<(string? Name, ErrorCode Error)[]> Delete(OneBrokerCluster cluster, params DeleteTopicsRequest.DeleteTopicState[] topics)
    {
        DeleteTopicsResponse response = await cluster.Call<DeleteTopicsRequest, DeleteTopicsResponse>(new DeleteTopicsRequest
        {
            Topics = topics, TimeoutMs = 30_000,
        });
        return [.. response.Responses.Select(result => (result.Name, (ErrorCode)result.ErrorCode))];
    }
}
