using Broker.Protocol;
using Broker.Protocol.Messages;
using Broker.Server.Tests.Network;

namespace Broker.Server.Tests.Hosting;

/// <summary>Every API of a whole broker in every version that it advertises: the answer can be written, arrives, and is whole.</summary>
public sealed class EveryVersionTests : IAsyncLifetime
{
    private BrokerHost _broker = null!;

    public async ValueTask InitializeAsync()
    {
        _broker = await BrokerHost.StartAsync(BrokerOptions.ForTests());
        await Ask<CreateTopicsRequest, CreateTopicsResponse>(5, _ => new CreateTopicsRequest
        {
            TimeoutMs = 10_000,
            Topics = [new CreateTopicsRequest.CreatableTopic { Name = "t", NumPartitions = 1, ReplicationFactor = 1 }],
        });
    }

    public ValueTask DisposeAsync() => _broker.DisposeAsync();

    [Fact]
    public Task Metadata() => EveryVersion<MetadataRequest, MetadataResponse>(version => new MetadataRequest
    {
        Topics = [new MetadataRequest.MetadataRequestTopic { Name = "t" }],
        AllowAutoTopicCreation = true,
    });

    [Fact]
    public Task Produce() => EveryVersion<ProduceRequest, ProduceResponse>(version => new ProduceRequest
    {
        Acks = 1,
        TopicData = [new ProduceRequest.TopicProduceData
        {
            Name = "t", PartitionData = [new ProduceRequest.PartitionProduceData { Index = 0, Records = new byte[70] }],
        }],
    });

    [Fact]
    public Task Fetch() => EveryVersion<FetchRequest, FetchResponse>(version => new FetchRequest
    {
        MaxWaitMs = 1,
        MinBytes = 1,
        Topics = version >= 13 ? []
            : [new FetchRequest.FetchTopic { Topic = "t", Partitions = [new FetchRequest.FetchPartition { Partition = 0, PartitionMaxBytes = 1000 }] }],
    });

    [Fact]
    public Task ListOffsets() => EveryVersion<ListOffsetsRequest, ListOffsetsResponse>(version => new ListOffsetsRequest
    {
        ReplicaId = -1,
        Topics = [new ListOffsetsRequest.ListOffsetsTopic { Name = "t", Partitions = [new ListOffsetsRequest.ListOffsetsPartition { Timestamp = -1 }] }],
    });

    [Fact]
    public Task OffsetForLeaderEpoch() => EveryVersion<OffsetForLeaderEpochRequest, OffsetForLeaderEpochResponse>(version => new OffsetForLeaderEpochRequest
    {
        Topics = [new OffsetForLeaderEpochRequest.OffsetForLeaderTopic
        {
            Topic = "t", Partitions = [new OffsetForLeaderEpochRequest.OffsetForLeaderPartition()],
        }],
    });

    [Fact]
    public Task DescribeConfigs() => EveryVersion<DescribeConfigsRequest, DescribeConfigsResponse>(version => new DescribeConfigsRequest
    {
        Resources =
        [
            new DescribeConfigsRequest.DescribeConfigsResource { ResourceType = 2, ResourceName = "t" },
            new DescribeConfigsRequest.DescribeConfigsResource { ResourceType = 4, ResourceName = "0" },
        ],
        IncludeSynonyms = version >= 1,
        IncludeDocumentation = version >= 3,
    });

    [Fact]
    public Task CreateTopics() => EveryVersion<CreateTopicsRequest, CreateTopicsResponse>(version => new CreateTopicsRequest
    {
        TimeoutMs = 10_000,
        Topics = [new CreateTopicsRequest.CreatableTopic { Name = $"new-{version}", NumPartitions = 1, ReplicationFactor = 1 },
            new CreateTopicsRequest.CreatableTopic { Name = "t", NumPartitions = 1, ReplicationFactor = 1 }],
    });

    [Fact]
    public Task DeleteTopics() => EveryVersion<DeleteTopicsRequest, DeleteTopicsResponse>(version => version >= 6
        ? new DeleteTopicsRequest { TimeoutMs = 10_000, Topics = [new DeleteTopicsRequest.DeleteTopicState { Name = "none" }] }
        : new DeleteTopicsRequest { TimeoutMs = 10_000, TopicNames = ["none"] });

    [Fact]
    public Task ElectLeaders() => EveryVersion<ElectLeadersRequest, ElectLeadersResponse>(version => new ElectLeadersRequest
    {
        ElectionType = (sbyte)(version >= 1 ? 1 : 0), TopicPartitions = [new ElectLeadersRequest.ElectLeadersTopic { Topic = "t", Partitions = [0] }],
    });

    [Fact]
    public Task CreatePartitions() => EveryVersion<CreatePartitionsRequest, CreatePartitionsResponse>(version => new CreatePartitionsRequest
    {
        TimeoutMs = 10_000,
        Topics = [new CreatePartitionsRequest.CreatePartitionsTopic { Name = "t", Count = version + 2 },
            new CreatePartitionsRequest.CreatePartitionsTopic { Name = "none", Count = 9 }],
    });

    [Fact]
    public Task DescribeCluster() => EveryVersion<DescribeClusterRequest, DescribeClusterResponse>(_ => new DescribeClusterRequest());

    [Fact]
    public Task AlterConfigs() => EveryVersion<AlterConfigsRequest, AlterConfigsResponse>(_ => new AlterConfigsRequest
    {
        Resources = [new AlterConfigsRequest.AlterConfigsResource
        {
            ResourceType = 2, ResourceName = "t", Configs = [new AlterConfigsRequest.AlterableConfig { Name = "retention.ms", Value = "1000000" }],
        }],
    });

    [Fact]
    public Task IncrementalAlterConfigs()
    => EveryVersion<IncrementalAlterConfigsRequest, IncrementalAlterConfigsResponse>(_ => new IncrementalAlterConfigsRequest
    {
        Resources = [new IncrementalAlterConfigsRequest.AlterConfigsResource
        {
            ResourceType = 2, ResourceName = "t", Configs = [new IncrementalAlterConfigsRequest.AlterableConfig { Name = "retention.ms", Value = "1000000" }],
        }],
    });

    [Fact]
    public Task InitProducerId() => EveryVersion<InitProducerIdRequest, InitProducerIdResponse>(_ => new InitProducerIdRequest { TransactionTimeoutMs = 1000 });

    [Fact]
    public Task FindCoordinator() => EveryVersion<FindCoordinatorRequest, FindCoordinatorResponse>(version =>
        version >= 4 ? new FindCoordinatorRequest { CoordinatorKeys = ["g"] } : new FindCoordinatorRequest { Key = "g" });

    [Fact]
    public Task Heartbeat() => EveryVersion<HeartbeatRequest, HeartbeatResponse>(_ => new HeartbeatRequest { GroupId = "g", MemberId = "m", GenerationId = 1 });

    [Fact]
    public Task SyncGroup() => EveryVersion<SyncGroupRequest, SyncGroupResponse>(_ => new SyncGroupRequest { GroupId = "g", MemberId = "m", GenerationId = 1 });

    [Fact]
    public Task LeaveGroup() => EveryVersion<LeaveGroupRequest, LeaveGroupResponse>(version => version >= 3
        ? new LeaveGroupRequest { GroupId = "g", Members = [new LeaveGroupRequest.MemberIdentity { MemberId = "m" }] }
        : new LeaveGroupRequest { GroupId = "g", MemberId = "m" });

    [Fact]
    public Task JoinGroup() => EveryVersion<JoinGroupRequest, JoinGroupResponse>(version => new JoinGroupRequest
    {
        GroupId = $"join-{version}",
        SessionTimeoutMs = 6000,
        RebalanceTimeoutMs = version >= 1 ? 6000 : -1,
        ProtocolType = "consumer",
        Protocols = [new JoinGroupRequest.JoinGroupRequestProtocol { Name = "range", Metadata = [0] }],
    });

    [Fact]
    public Task OffsetCommit() => EveryVersion<OffsetCommitRequest, OffsetCommitResponse>(_ => new OffsetCommitRequest
    {
        GroupId = "g",
        Topics = [new OffsetCommitRequest.OffsetCommitRequestTopic
        {
            Name = "t", Partitions = [new OffsetCommitRequest.OffsetCommitRequestPartition { CommittedOffset = 1, CommittedMetadata = "" }],
        }],
    });

    [Fact]
    public Task OffsetFetch() => EveryVersion<OffsetFetchRequest, OffsetFetchResponse>(version => version >= 8
        ? new OffsetFetchRequest { Groups = [new OffsetFetchRequest.OffsetFetchRequestGroup { GroupId = "g", MemberEpoch = -1 }] }
        : new OffsetFetchRequest { GroupId = "g", Topics = [new OffsetFetchRequest.OffsetFetchRequestTopic { Name = "t", PartitionIndexes = [0] }] });

    [Fact]
    public Task OffsetDelete() => EveryVersion<OffsetDeleteRequest, OffsetDeleteResponse>(_ => new OffsetDeleteRequest { GroupId = "g" });

    [Fact]
    public Task ListGroups() => EveryVersion<ListGroupsRequest, ListGroupsResponse>(_ => new ListGroupsRequest());

    [Fact]
    public Task DescribeGroups() => EveryVersion<DescribeGroupsRequest, DescribeGroupsResponse>(_ => new DescribeGroupsRequest { Groups = ["g"] });

    [Fact]
    public Task DeleteGroups() => EveryVersion<DeleteGroupsRequest, DeleteGroupsResponse>(_ => new DeleteGroupsRequest { GroupsNames = ["g"] });

    [Fact]
    public Task DescribeLogDirs() => EveryVersion<DescribeLogDirsRequest, DescribeLogDirsResponse>(_ => new DescribeLogDirsRequest { Topics = null });

    [Fact]
    public Task DescribeAcls()
    => EveryVersion<DescribeAclsRequest, DescribeAclsResponse>(_ => new DescribeAclsRequest
    {
        ResourceTypeFilter = 1, PatternTypeFilter = 3, Operation = 1, PermissionType = 1,
    });

    [Fact]
    public Task CreateAcls()
    => EveryVersion<CreateAclsRequest, CreateAclsResponse>(_ => new CreateAclsRequest
    {
        Creations = [new CreateAclsRequest.AclCreation
    {
        ResourceType = 2, ResourceName = "t", Principal = "User:u", Host = "*",
    }]
    });

    [Fact]
    public Task DeleteAcls()
    => EveryVersion<DeleteAclsRequest, DeleteAclsResponse>(
    _ => new DeleteAclsRequest { Filters = [new DeleteAclsRequest.DeleteAclsFilter { ResourceTypeFilter = 2 }] });

    [Fact]
    public Task LeaderAndIsr() => EveryVersion<LeaderAndIsrRequest, LeaderAndIsrResponse>(version => new LeaderAndIsrRequest
    {
        ControllerEpoch = 1,
        UngroupedPartitionStates = version >= 2 ? []
            : [new LeaderAndIsrRequest.LeaderAndIsrPartitionState { TopicName = "new", Leader = 0, Isr = [0], Replicas = [0] }],
        TopicStates = version < 2 ? [] : [new LeaderAndIsrRequest.LeaderAndIsrTopicState
        {
            TopicName = "new", PartitionStates = [new LeaderAndIsrRequest.LeaderAndIsrPartitionState { Leader = 0, Isr = [0], Replicas = [0] }],
        }],
    });

    [Fact]
    public Task StopReplica() => EveryVersion<StopReplicaRequest, StopReplicaResponse>(version => new StopReplicaRequest
    {
        ControllerEpoch = 1,
        UngroupedPartitions = version == 0 ? [new StopReplicaRequest.StopReplicaPartitionV0 { TopicName = "none" }] : [],
        Topics = version is 1 or 2 ? [new StopReplicaRequest.StopReplicaTopicV1 { Name = "none", PartitionIndexes = [0] }] : [],
        TopicStates = version < 3 ? [] : [new StopReplicaRequest.StopReplicaTopicState
        {
            TopicName = "none", PartitionStates = [new StopReplicaRequest.StopReplicaPartitionState { DeletePartition = true }],
        }],
    });

    [Fact]
    public Task UpdateMetadata() => EveryVersion<UpdateMetadataRequest, UpdateMetadataResponse>(version => new UpdateMetadataRequest
    {
        ControllerEpoch = 1,
        LiveBrokers = [new UpdateMetadataRequest.UpdateMetadataBroker
        {
            Id = 0, V0Host = "h", V0Port = 9, Endpoints = [new() { Host = "h", Port = 9, Listener = "PLAINTEXT" }],
        }],
    });

    [Fact]
    public Task ControlledShutdown()
    => EveryVersion<ControlledShutdownRequest, ControlledShutdownResponse>(_ => new ControlledShutdownRequest { BrokerId = 5 });

    [Fact]
    public Task AlterPartition() => EveryVersion<AlterPartitionRequest, AlterPartitionResponse>(version => new AlterPartitionRequest
    {
        Topics = [new AlterPartitionRequest.AlterPartitionTopic
        {
            TopicName = "t",
            Partitions = [new AlterPartitionRequest.AlterPartitionPartition
            {
                NewIsr = version < 3 ? [0] : [], NewIsrWithEpochs = version < 3 ? [] : [new AlterPartitionRequest.AlterPartitionBroker { BrokerId = 0 }],
            }],
        }],
    });

    [Fact]
    public Task AllocateProducerIds()
    => EveryVersion<AllocateProducerIdsRequest, AllocateProducerIdsResponse>(_ => new AllocateProducerIdsRequest { BrokerId = 0 });

    [Fact]
    public async Task The_advertised_ranges_are_Kafkas()
    {
        ApiVersionsResponse response = await Ask<ApiVersionsRequest, ApiVersionsResponse>(4,
            _ => new ApiVersionsRequest { ClientSoftwareName = "test", ClientSoftwareVersion = "1" });
        string[] expected = await File.ReadAllLinesAsync(Path.Combine(AppContext.BaseDirectory, "Hosting", "api-versions-3.9.txt"),
            TestContext.Current.CancellationToken);
        response.ApiKeys.Length.ShouldBe(36, "what is built so far");
        foreach (ApiVersionsResponse.ApiVersion api in response.ApiKeys)
        {
            string range = api.MinVersion == api.MaxVersion ? $"{api.MinVersion}" : $"{api.MinVersion} to {api.MaxVersion}";
            expected.ShouldContain($"{(ApiKey)api.ApiKey}({api.ApiKey}): {range}");
        }
    }

    private async Task EveryVersion<TRequest, TResponse>(Func<short, TRequest> request)
        where TRequest : class, IRequest<TRequest>
        where TResponse : class, IMessage<TResponse>
    {
        for (short version = TRequest.LowestVersion; version <= TRequest.HighestVersion; version++)
        {
            await Ask<TRequest, TResponse>(version, request);
        }
    }

    private async Task<TResponse> Ask<TRequest, TResponse>(short version, Func<short, TRequest> request)
        where TRequest : class, IRequest<TRequest>
        where TResponse : class, IMessage<TResponse>
    {
        using TestClient client = new(_broker.BoundPort);
        await client.Send(TestClient.Frame(request(version), version, 77));
        byte[] frame = await client.Receive();
        return Decode<TResponse>(frame, TRequest.Key, version);
    }

    private static TResponse Decode<TResponse>(byte[] frame, ApiKey key, short version)
        where TResponse : IMessage<TResponse>
    {
        ProtocolReader reader = new(frame);
        ResponseHeader.Read(ref reader, HeaderVersions.OfResponse(key, version)).CorrelationId.ShouldBe(77);
        TResponse response = TResponse.Read(ref reader, version);
        reader.Remaining.ShouldBe(0, $"{key} version {version}");
        return response;
    }
}
