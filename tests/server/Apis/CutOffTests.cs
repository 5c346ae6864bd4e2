using Broker.Protocol;
using Broker.Protocol.Messages;

namespace Broker.Server.Tests.Apis;

/// <summary>Admin requests while the tree is out of reach, as it is while ZooKeeper elects a leader, and where its answer to a change is lost.</summary>
public sealed class CutOffTests : IAsyncLifetime
{
    private OneBrokerCluster _cluster = null!;

    public async ValueTask InitializeAsync()
    {
        _cluster = await OneBrokerCluster.Start();
        foreach (string name in new[] { "altered", "grown", "deleted" })
        {
            await _cluster.CreateTopic(name);
        }
    }

    public ValueTask DisposeAsync() => _cluster.DisposeAsync();

    [Fact]
    public async Task Requests_wait_until_the_session_is_connected_again()
    {
        await _cluster.Disconnect();
        Task<ErrorCode[]> requests = Task.WhenAll(All(timeoutMs: 30_000));
        requests.IsCompleted.ShouldBeFalse();
        await _cluster.Reconnect();
        (await requests).ShouldAllBe(error => error == ErrorCode.None);
        _cluster.Membership.Metadata.Current.Topics.Keys.ShouldBe(["altered", "created", "grown"]);
    }

    [Fact]
    public async Task Requests_wait_for_the_next_session()
    {
        await _cluster.Disconnect();
        Task<ErrorCode[]> requests = Task.WhenAll(All(timeoutMs: 30_000));
        await _cluster.Expire();
        // A change of settings while there is no controller is refused, as in Kafka.
        (await requests).ShouldAllBe(error => error == ErrorCode.None || error == ErrorCode.StaleControllerEpoch);
    }

    [Fact]
    public async Task Where_the_time_is_over_first_clients_are_asked_to_try_again()
    {
        await _cluster.Disconnect();
        (await Task.WhenAll(OfTopics(timeoutMs: 1))).ShouldAllBe(error => error == ErrorCode.RequestTimedOut);
        _cluster.Membership.Metadata.Current.Topics.Keys.ShouldBe(["altered", "deleted", "grown"]);
    }

    [Fact]
    public async Task A_change_whose_answer_is_lost_is_found_done()
    {
        const int LongEnough = 30_000;
        await Lost("/brokers/topics/created", () => Create(LongEnough));
        await Lost("/brokers/topics/grown", () => Grow(LongEnough));
        await Lost("/admin/delete_topics/deleted", () => Delete(LongEnough));
        await Lost("/config/topics/altered", Alter);
        _cluster.Membership.Metadata.Current.Topics.Keys.ShouldBe(["altered", "created", "grown"]);
        _cluster.Membership.Metadata.Current.Topic("grown")!.Partitions.Count.ShouldBe(2);
    }

    private async Task Lost(string path, Func<Task<ErrorCode>> request)
    {
        _cluster.Link.LoseNextAnswer(path);
        (await request()).ShouldBe(ErrorCode.None);
        _cluster.Link.HasLost.ShouldBeTrue();
    }

    private IEnumerable<Task<ErrorCode>> All(int timeoutMs) => [.. OfTopics(timeoutMs), Alter(), Replace(), Describe()];

    private IEnumerable<Task<ErrorCode>> OfTopics(int timeoutMs)
    {
        yield return Create(timeoutMs);
        yield return Grow(timeoutMs);
        yield return Delete(timeoutMs);
    }

    private async Task<ErrorCode> Create(int timeoutMs) => (ErrorCode)(await _cluster.Call<CreateTopicsRequest, CreateTopicsResponse>(new()
    {
        Topics = [new() { Name = "created", NumPartitions = 1, ReplicationFactor = 1 }], TimeoutMs = timeoutMs,
    })).Topics[0].ErrorCode;

    private async Task<ErrorCode> Grow(int timeoutMs) => (ErrorCode)(await _cluster.Call<CreatePartitionsRequest, CreatePartitionsResponse>(new()
    {
        Topics = [new() { Name = "grown", Count = 2, Assignments = null }], TimeoutMs = timeoutMs,
    })).Results[0].ErrorCode;

    private async Task<ErrorCode> Delete(int timeoutMs) => (ErrorCode)(await _cluster.Call<DeleteTopicsRequest, DeleteTopicsResponse>(new()
    {
        Topics = [new() { Name = "deleted" }], TimeoutMs = timeoutMs,
    })).Responses[0].ErrorCode;

    private async Task<ErrorCode> Alter() => (ErrorCode)(await _cluster.Call<IncrementalAlterConfigsRequest, IncrementalAlterConfigsResponse>(new()
    {
        Resources = [new() { ResourceType = 2, ResourceName = "altered", Configs = [new() { Name = "retention.ms", Value = "5" }] }],
    })).Responses[0].ErrorCode;

    private async Task<ErrorCode> Replace() => (ErrorCode)(await _cluster.Call<AlterConfigsRequest, AlterConfigsResponse>(new()
    {
        Resources = [new() { ResourceType = 2, ResourceName = "grown", Configs = [new() { Name = "retention.ms", Value = "5" }] }],
    })).Responses[0].ErrorCode;

    private async Task<ErrorCode> Describe() => (ErrorCode)(await _cluster.Call<DescribeConfigsRequest, DescribeConfigsResponse>(new()
    {
        Resources = [new() { ResourceType = 2, ResourceName = "altered" }],
    })).Results[0].ErrorCode;
}
