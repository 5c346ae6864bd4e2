using Broker.Protocol;
using Broker.Protocol.Messages;
using Broker.Server.Config;
using Broker.Server.InterBroker;
using Broker.Server.Metadata;
using Broker.Server.Tests.Controller;
using Broker.Server.Tests.InterBroker;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;

namespace Broker.Server.Tests.Metadata;

/// <summary>Topics that are created because they are used, where another broker is the controller.</summary>
public sealed class AutomaticCreationTests : IAsyncLifetime
{
    private readonly FakeTimeProvider _time = new();
    private readonly ScriptedConnections _brokers = new();
    private readonly ControlledCluster _cluster = new();
    private ControllerChannel _channel = null!;
    private AutomaticCreation _creation = null!;

    public async ValueTask InitializeAsync()
    {
        await _cluster.Prepare();
        MetadataLog log = new(NullLogger.Instance);
        BrokerConfig config = new(new Dictionary<string, string> { ["listeners"] = "PLAINTEXT://127.0.0.1:9092", ["num.partitions"] = "4" });
        DynamicBrokerConfigs configs = new(config, 1, _cluster.Znodes, log);
        _channel = new ControllerChannel(1, () => new ControllerAddress(2, "two", 9), _brokers, TimeSpan.FromSeconds(30), _time);
        _creation = new AutomaticCreation(_channel, new MetadataCache("c", _time), new TopicDefaults(configs), _time, log);
    }

    public async ValueTask DisposeAsync()
    {
        await _channel.DisposeAsync();
        await _cluster.DisposeAsync();
    }

    [Fact]
    public async Task The_controller_is_asked_with_this_brokers_defaults_and_not_to_wait()
    {
        Task<ErrorCode> creating = _creation.Create("t");
        ScriptedConnections.Waiting request = await _brokers.Next();
        CreateTopicsRequest create = (CreateTopicsRequest)request.Request;
        (create.Topics[0].Name, create.Topics[0].NumPartitions, create.Topics[0].ReplicationFactor, create.TimeoutMs).ShouldBe(("t", 4, (short)1, 0));
        request.Answer(Answer(ErrorCode.RequestTimedOut));
        (await creating).ShouldBe(ErrorCode.None);
    }

    [Theory]
    [InlineData(ErrorCode.None, ErrorCode.None)]
    [InlineData(ErrorCode.TopicAlreadyExists, ErrorCode.None)]
    [InlineData(ErrorCode.InvalidReplicationFactor, ErrorCode.InvalidReplicationFactor)]
    public async Task The_answer_of_the_controller_is_the_result(ErrorCode answer, ErrorCode result)
    {
        Task<ErrorCode> creating = _creation.EnsureInternalTopic("__consumer_offsets");
        ScriptedConnections.Waiting request = await _brokers.Next();
        ((CreateTopicsRequest)request.Request).Topics[0].Configs.Select(config => config.Name)
            .ShouldBe(["cleanup.policy", "compression.type", "segment.bytes"]);
        request.Answer(Answer(answer));
        (await creating).ShouldBe(result);
    }

    [Fact]
    public async Task A_controller_that_does_not_answer_lets_clients_try_again()
    {
        Task<ErrorCode> creating = _creation.Create("t");
        Task<ErrorCode> meanwhile = _creation.Create("t");
        await _brokers.Next();
        _time.Advance(ControllerChannel.ClientPatience);
        (await creating).ShouldBe(ErrorCode.LeaderNotAvailable);
        (await meanwhile).ShouldBe(ErrorCode.LeaderNotAvailable);
        _brokers.IsIdle.ShouldBeTrue("both shared one attempt");
    }

    private static CreateTopicsResponse Answer(ErrorCode error) => new() { Topics = [new() { Name = "t", ErrorCode = (short)error }] };
}
