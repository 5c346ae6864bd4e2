using Broker.Protocol;
using Broker.Protocol.Messages;
using Broker.Server.Apis;
using Broker.Server.Metadata;
using Broker.Server.Security;
using Broker.Server.Tests.Data;
using Broker.Storage;
using Microsoft.Extensions.Time.Testing;

namespace Broker.Server.Tests.Apis;

public sealed class ElectLeadersApiTests
{
    [Fact]
    public async Task Named_partitions_get_the_controller_s_results_each_with_kafka_s_message()
    {
        await using OneBrokerCluster cluster = await OneBrokerCluster.Start();
        await cluster.CreateTopic("t", partitions: 2);
        ElectLeadersResponse response = await cluster.Call<ElectLeadersRequest, ElectLeadersResponse>(new ElectLeadersRequest
        {
            TimeoutMs = 30_000,
            TopicPartitions = [new() { Topic = "t", Partitions = [1, 1, 9] }, new() { Topic = "none", Partitions = [0] }],
        });
        Results(response).ShouldBe([
            ("t-1", ErrorCode.ElectionNotNeeded, "Leader election not needed for topic partition."),
            ("t-9", ErrorCode.UnknownTopicOrPartition, "The partition does not exist."),
            ("none-0", ErrorCode.UnknownTopicOrPartition, "The partition does not exist.")]);
    }

    [Fact]
    public async Task Of_all_partitions_those_without_need_are_left_out()
    {
        await using OneBrokerCluster cluster = await OneBrokerCluster.Start();
        await cluster.CreateTopic("t", partitions: 2);
        foreach (short version in new short[] { 0, 1, 2 })
        {
            ElectLeadersRequest all = new() { TopicPartitions = null, TimeoutMs = 30_000 };
            Results(await cluster.Call<ElectLeadersRequest, ElectLeadersResponse>(all, version)).ShouldBeEmpty();
        }
    }

    [Fact]
    public async Task Who_may_not_alter_the_cluster_and_who_asks_for_an_unknown_election_is_refused()
    {
        await using OneBrokerCluster cluster = await OneBrokerCluster.Start();
        ElectLeadersRequest request = new() { ElectionType = 7, TopicPartitions = [new() { Topic = "t", Partitions = [0] }] };
        ElectLeadersResponse response = await cluster.Call<ElectLeadersRequest, ElectLeadersResponse>(request);
        ((ErrorCode)response.ErrorCode, Results(response).Single().Error).ShouldBe((ErrorCode.InvalidRequest, ErrorCode.InvalidRequest));
        cluster.Authorizer.Rule = (operation, type, _) => operation != AclOperation.Alter || type != ResourceType.Cluster;
        response = await cluster.Call<ElectLeadersRequest, ElectLeadersResponse>(request);
        ((ErrorCode)response.ErrorCode, Results(response).Single().Error).ShouldBe(
            (ErrorCode.ClusterAuthorizationFailed, ErrorCode.ClusterAuthorizationFailed));
    }

    [Fact]
    public async Task A_leader_that_the_metadata_does_not_name_in_time_is_answered_as_timed_out()
    {
        FakeTimeProvider time = new();
        MetadataCache metadata = new("cluster", time);
        IReadOnlyList<ElectionResult> elected = [new(new TopicPartition("t", 0), ErrorCode.None, 2), new(new TopicPartition("t", 1), ErrorCode.None, 1)];
        ElectLeadersApi api = new((_, _) => Task.FromResult(elected), metadata, new AllowAllAuthorizer());
        metadata.Apply(new UpdateMetadataRequest
        {
            TopicStates = [new() { TopicName = "t", PartitionStates = [new() { PartitionIndex = 0, Leader = 1 }, new() { PartitionIndex = 1, Leader = 1 }] }],
        });
        using FakeConnection connection = new();
        ElectLeadersRequest request = new() { TopicPartitions = [new() { Topic = "t", Partitions = [0, 1] }], TimeoutMs = 1000 };
        Task<IMessage?> answer = api.DispatchBytes(
            OneBrokerCluster.Bytes(request, 2), new Requests.RequestContext(connection, ApiKey.ElectLeaders, 2, 1, "test")).AsTask();
        answer.IsCompleted.ShouldBeFalse();
        time.Advance(TimeSpan.FromSeconds(1));
        Results((ElectLeadersResponse)(await answer).ShouldNotBeNull()).Select(result => result.Error).ShouldBe([ErrorCode.RequestTimedOut, ErrorCode.None]);
    }

    private static (string Partition, ErrorCode Error, string? Message)[] Results(ElectLeadersResponse response) =>
    [
        .. response.ReplicaElectionResults.SelectMany(topic => topic.PartitionResult.Select(partition =>
            ($"{topic.Topic}-{partition.PartitionId}", (ErrorCode)partition.ErrorCode, partition.ErrorMessage))),
    ];
}
