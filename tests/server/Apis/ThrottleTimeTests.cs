using Broker.Protocol;
using Broker.Protocol.Messages;
using Broker.Server.Apis;
using Broker.Server.Requests;
using Broker.Server.Tests.Data;

namespace Broker.Server.Tests.Apis;

/// <summary>What a request has earned is told in its answer, whatever else the answer says.</summary>
public sealed class ThrottleTimeTests
{
    private const int Earned = 77;

    [Fact]
    public async Task Every_answer_of_this_area_tells_it()
    {
        await using OneBrokerCluster cluster = await OneBrokerCluster.Start();
        (await Call<MetadataRequest, MetadataResponse>(cluster, new() { Topics = null })).ThrottleTimeMs.ShouldBe(Earned);
        (await cluster.Call<MetadataRequest, MetadataResponse>(new() { Topics = [new() { Name = null, TopicId = Guid.NewGuid() }] }, 11,
            Earned)).ThrottleTimeMs.ShouldBe(Earned);
        (await Call<DescribeClusterRequest, DescribeClusterResponse>(cluster, new())).ThrottleTimeMs.ShouldBe(Earned);
        (await Call<DescribeClusterRequest, DescribeClusterResponse>(cluster, new() { EndpointType = 2 })).ThrottleTimeMs.ShouldBe(Earned);
        (await Call<CreateTopicsRequest, CreateTopicsResponse>(cluster, new())).ThrottleTimeMs.ShouldBe(Earned);
        (await Call<DeleteTopicsRequest, DeleteTopicsResponse>(cluster, new())).ThrottleTimeMs.ShouldBe(Earned);
        (await Call<CreatePartitionsRequest, CreatePartitionsResponse>(cluster, new())).ThrottleTimeMs.ShouldBe(Earned);
        (await Call<DescribeConfigsRequest, DescribeConfigsResponse>(cluster, new())).ThrottleTimeMs.ShouldBe(Earned);
        (await Call<AlterConfigsRequest, AlterConfigsResponse>(cluster, new())).ThrottleTimeMs.ShouldBe(Earned);
        (await Call<IncrementalAlterConfigsRequest, IncrementalAlterConfigsResponse>(cluster, new())).ThrottleTimeMs.ShouldBe(Earned);
        (await Call<InitProducerIdRequest, InitProducerIdResponse>(cluster, new() { TransactionalId = null })).ThrottleTimeMs.ShouldBe(Earned);
        (await Call<InitProducerIdRequest, InitProducerIdResponse>(cluster, new() { TransactionalId = "" })).ThrottleTimeMs.ShouldBe(Earned);
    }

    [Theory]
    [InlineData("client")]
    [InlineData("-not a name-")]
    public async Task The_list_of_versions_tells_it_too(string software)
    {
        ApiTable? table = null;
        table = new ApiTable([new ApiVersionsApi(() => table!)]);
        using FakeConnection connection = new();
        RequestContext context = new(connection, ApiKey.ApiVersions, 3, 1, "test") { ThrottleTimeMs = Earned };
        byte[] request = OneBrokerCluster.Bytes(new ApiVersionsRequest { ClientSoftwareName = software, ClientSoftwareVersion = "1" }, 3);
        IMessage? answer = await table.All.Single().DispatchBytes(request, context);
        answer.ShouldBeOfType<ApiVersionsResponse>().ThrottleTimeMs.ShouldBe(Earned);
    }

    private static Task<TResponse> Call<TRequest, TResponse>(OneBrokerCluster cluster, TRequest request)
        where TRequest : class, IRequest<TRequest>
        where TResponse : class, IMessage<TResponse> => cluster.Call<TRequest, TResponse>(request, null, Earned);
}
