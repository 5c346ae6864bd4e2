using Broker.Protocol;
using Broker.Protocol.Messages;
using Broker.Server.Metadata;
using Broker.Server.Security;

namespace Broker.Server.Tests.Apis;

/// <summary>The requests that a controller sends to brokers, and brokers to the controller, over the wire.</summary>
public sealed class ControllerApisTests : IAsyncLifetime
{
    private const int Epoch = 1;

    private OneBrokerCluster _cluster = null!;

    public async ValueTask InitializeAsync() => _cluster = await OneBrokerCluster.Start();

    public ValueTask DisposeAsync() => _cluster.DisposeAsync();

    [Fact]
    public async Task Whoever_lacks_ClusterAction_is_refused_and_changes_nothing()
    {
        _cluster.Replicas.Told();
        ClusterImage before = _cluster.Membership.Metadata.Current;
        _cluster.Authorizer.Rule = (operation, _, _) => operation != AclOperation.ClusterAction;
        const short Refused = (short)ErrorCode.ClusterAuthorizationFailed;
        for (short version = 0; version <= LeaderAndIsrRequest.HighestVersion; version++)
        {
            LeaderAndIsrResponse answer = await _cluster.Call<LeaderAndIsrRequest, LeaderAndIsrResponse>(Lead("t", version: version), version);
            answer.ErrorCode.ShouldBe(Refused);
            PartitionErrors(answer).ShouldBe([Refused], "as in Kafka, each partition has the error too");
        }
        (await _cluster.Call<StopReplicaRequest, StopReplicaResponse>(Stop("t"))).ErrorCode.ShouldBe(Refused);
        (await _cluster.Call<UpdateMetadataRequest, UpdateMetadataResponse>(new() { ControllerEpoch = 9 })).ErrorCode.ShouldBe(Refused);
        (await _cluster.Call<ControlledShutdownRequest, ControlledShutdownResponse>(new() { BrokerId = 1 })).ErrorCode.ShouldBe(Refused);
        (await _cluster.Call<AlterPartitionRequest, AlterPartitionResponse>(new() { BrokerId = 1 })).ErrorCode.ShouldBe(Refused);
        (await _cluster.Call<AllocateProducerIdsRequest, AllocateProducerIdsResponse>(new() { BrokerId = 1 })).ErrorCode.ShouldBe(Refused);
        _cluster.Replicas.Told().ShouldBeEmpty();
        _cluster.Membership.Metadata.Current.ShouldBe(before);
    }

    [Theory]
    [InlineData("..", 0)]
    [InlineData("../../etc", 0)]
    [InlineData("", 0)]
    [InlineData("a/b", 0)]
    [InlineData("t", -1)]
    public async Task A_replica_that_could_have_no_folder_is_refused(string topic, int partition)
    {
        _cluster.Replicas.Told();
        foreach (short version in new short[] { 1, 4, 7 })
        {
            LeaderAndIsrResponse answer = await _cluster.Call<LeaderAndIsrRequest, LeaderAndIsrResponse>(Lead(topic, partition, version), version);
            answer.ErrorCode.ShouldBe((short)ErrorCode.InvalidRequest);
            PartitionErrors(answer).ShouldBe([(short)ErrorCode.InvalidRequest]);
        }
        _cluster.Replicas.Told().ShouldBeEmpty();
    }

    [Fact]
    public async Task Roles_and_replicas_of_every_version_reach_the_partitions()
    {
        for (short version = 0; version <= LeaderAndIsrRequest.HighestVersion; version++)
        {
            _cluster.Replicas.Told();
            LeaderAndIsrResponse answer = await _cluster.Call<LeaderAndIsrRequest, LeaderAndIsrResponse>(Lead("t", version: version), version);
            answer.ErrorCode.ShouldBe((short)0);
            if (version >= 2)
            {
                _cluster.Replicas.Told().ShouldBe(["lead t-0 1@3 isr 1 of 1,2 v4"], $"version {version}");
            }
        }
        await _cluster.Call<StopReplicaRequest, StopReplicaResponse>(Stop("t"));
        _cluster.Replicas.Told().ShouldBe(["delete t-2 @5"]);
    }

    [Fact]
    public async Task Metadata_of_every_version_gives_the_same_image()
    {
        Guid id = Guid.NewGuid();
        for (short version = UpdateMetadataRequest.HighestVersion; version >= 0; version--)
        {
            UpdateMetadataRequest.UpdateMetadataPartitionState state = new()
            {
                TopicName = "m", Leader = 2, LeaderEpoch = 10 - version, Replicas = [2], Isr = [2],
            };
            UpdateMetadataResponse answer = await _cluster.Call<UpdateMetadataRequest, UpdateMetadataResponse>(
                new UpdateMetadataRequest
                {
                    ControllerId = 1,
                    ControllerEpoch = Epoch,
                    UngroupedPartitionStates = version < 5 ? [state] : [],
                    TopicStates = version < 5 ? [] : [new() { TopicName = "m", TopicId = version >= 7 ? id : Guid.Empty, PartitionStates = [state] }],
                    LiveBrokers = [new() { Id = 2, V0Host = "h", V0Port = 9, Endpoints = [new() { Listener = "PLAINTEXT", Host = "h", Port = 9 }] }],
                },
                version);
            answer.ErrorCode.ShouldBe((short)0);
            ClusterImage image = _cluster.Membership.Metadata.Current;
            image.Topic("m")!.Partitions[0].LeaderEpoch.ShouldBe(10 - version);
            image.Topic(id)!.Name.ShouldBe("m", $"version {version}");
            image.Brokers[2].On("PLAINTEXT")!.Port.ShouldBe(9);
        }
    }

    [Fact]
    public async Task Metadata_of_a_former_controller_or_for_a_former_life_is_refused()
    {
        (await _cluster.Call<UpdateMetadataRequest, UpdateMetadataResponse>(new() { ControllerEpoch = Epoch - 1 })).ErrorCode
            .ShouldBe((short)ErrorCode.StaleControllerEpoch);
        long formerLife = _cluster.Membership.BrokerEpoch - 1;
        (await _cluster.Call<UpdateMetadataRequest, UpdateMetadataResponse>(new() { ControllerEpoch = Epoch, BrokerEpoch = formerLife })).ErrorCode
            .ShouldBe((short)ErrorCode.StaleBrokerEpoch);
    }

    [Fact]
    public async Task Metadata_with_a_broker_twice_or_an_unknown_protocol_harms_nobody()
    {
        UpdateMetadataRequest.UpdateMetadataBroker Odd(short protocol) =>
            new() { Id = 2, Endpoints = [new() { Listener = "L", Host = "h", Port = 9, SecurityProtocol = protocol }] };
        (await _cluster.Call<UpdateMetadataRequest, UpdateMetadataResponse>(new() { ControllerEpoch = Epoch, LiveBrokers = [Odd(0), Odd(0)] })).ErrorCode
            .ShouldBe((short)0);
        (await _cluster.Call<UpdateMetadataRequest, UpdateMetadataResponse>(new() { ControllerEpoch = Epoch, LiveBrokers = [Odd(99)] })).ErrorCode
            .ShouldBe((short)ErrorCode.InvalidRequest);
    }

    [Fact]
    public async Task The_controller_answers_brokers_that_stop()
    {
        (await _cluster.Call<ControlledShutdownRequest, ControlledShutdownResponse>(new() { BrokerId = 5 })).ErrorCode
            .ShouldBe((short)ErrorCode.BrokerNotAvailable);
        (await _cluster.Call<ControlledShutdownRequest, ControlledShutdownResponse>(new() { BrokerId = 1, BrokerEpoch = 0 })).ErrorCode
            .ShouldBe((short)ErrorCode.StaleBrokerEpoch);
        ControlledShutdownResponse stops = await _cluster.Call<ControlledShutdownRequest, ControlledShutdownResponse>(
            new() { BrokerId = 1, BrokerEpoch = _cluster.Membership.BrokerEpoch });
        (stops.ErrorCode, stops.RemainingPartitions.Length).ShouldBe(((short)0, 0));
    }

    [Fact]
    public async Task The_controller_gives_each_broker_its_own_producer_ids()
    {
        AllocateProducerIdsRequest request = new() { BrokerId = 1, BrokerEpoch = _cluster.Membership.BrokerEpoch };
        AllocateProducerIdsResponse first = await _cluster.Call<AllocateProducerIdsRequest, AllocateProducerIdsResponse>(request);
        long id = (await _cluster.Membership.ProducerIds.Next()).ShouldNotBeNull();
        AllocateProducerIdsResponse last = await _cluster.Call<AllocateProducerIdsRequest, AllocateProducerIdsResponse>(request);
        (first.ProducerIdLen, id, last.ProducerIdStart).ShouldBe((1000, first.ProducerIdStart + 1000, first.ProducerIdStart + 2000));
        (await _cluster.Call<AllocateProducerIdsRequest, AllocateProducerIdsResponse>(new() { BrokerId = 5 })).ErrorCode
            .ShouldBe((short)ErrorCode.BrokerIdNotRegistered);
    }

    [Fact]
    public async Task The_controller_changes_the_in_sync_replicas_for_the_leader_alone()
    {
        CreateTopicsResponse created = await _cluster.CreateTopic("t");
        AlterPartitionRequest Change(long brokerEpoch) => new()
        {
            BrokerId = 1,
            BrokerEpoch = brokerEpoch,
            Topics = [new() { TopicId = created.Topics[0].TopicId, Partitions = [new() { NewIsrWithEpochs = [new() { BrokerId = 1 }] }] }],
        };
        AlterPartitionResponse answer = await _cluster.Call<AlterPartitionRequest, AlterPartitionResponse>(Change(_cluster.Membership.BrokerEpoch));
        answer.ErrorCode.ShouldBe((short)0);
        answer.Topics[0].Partitions[0].Isr.ShouldBe([1]);
        (await _cluster.Call<AlterPartitionRequest, AlterPartitionResponse>(Change(_cluster.Membership.BrokerEpoch - 1))).ErrorCode
            .ShouldBe((short)ErrorCode.StaleBrokerEpoch);
    }

    private static short[] PartitionErrors(LeaderAndIsrResponse answer) =>
        [.. answer.PartitionErrors.Concat(answer.Topics.SelectMany(topic => topic.PartitionErrors)).Select(partition => partition.ErrorCode)];

    private static LeaderAndIsrRequest Lead(string topic, int partition = 0, short version = 7)
    {
        LeaderAndIsrRequest.LeaderAndIsrPartitionState state = new()
        {
            TopicName = topic, PartitionIndex = partition, Leader = 1, LeaderEpoch = 3, PartitionEpoch = 4, Isr = [1], Replicas = [1, 2],
        };
        return new LeaderAndIsrRequest
        {
            ControllerEpoch = Epoch,
            UngroupedPartitionStates = version < 2 ? [state] : [],
            TopicStates = version < 2 ? [] : [new() { TopicName = topic, PartitionStates = [state] }],
        };
    }

    private static StopReplicaRequest Stop(string topic) => new()
    {
        ControllerEpoch = Epoch,
        TopicStates = [new() { TopicName = topic, PartitionStates = [new() { PartitionIndex = 2, LeaderEpoch = 5, DeletePartition = true }] }],
    };
}
