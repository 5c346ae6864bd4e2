using Broker.Protocol;
using Broker.Protocol.Messages;
using Broker.Server.Apis;
using Broker.Server.Metadata;
using Broker.Server.Requests;
using Broker.Server.Tests.Data;
using Microsoft.Extensions.Time.Testing;

namespace Broker.Server.Tests.Apis;

/// <summary>No client is told that the cluster has no brokers.</summary>
public sealed class MetadataBeforeTheControllerTests : IDisposable
{
    private readonly FakeTimeProvider _time = new();
    private readonly FakeConnection _connection = new();
    private readonly MetadataCache _cache;

    public MetadataBeforeTheControllerTests() => _cache = new MetadataCache("cluster", _time);

    [Fact]
    public async Task A_request_waits_for_the_controllers_first_word()
    {
        Task<IMessage?> asked = Ask();
        asked.IsCompleted.ShouldBeFalse();
        _cache.Apply(new UpdateMetadataRequest { ControllerEpoch = 1 });
        asked.IsCompleted.ShouldBeFalse("it names no broker");
        _cache.Apply(new UpdateMetadataRequest
        {
            ControllerEpoch = 1,
            LiveBrokers = [new() { Id = 3, Endpoints = [new() { Host = "h", Port = 9092, Listener = "PLAINTEXT" }] }],
        });
        MetadataResponse response = (await asked).ShouldBeOfType<MetadataResponse>();
        response.Brokers.ShouldHaveSingleItem().NodeId.ShouldBe(3);
        _connection.CloseReasons.ShouldBeEmpty();
    }

    [Fact]
    public async Task Without_a_word_the_connection_is_closed()
    {
        Task<IMessage?> asked = Ask();
        _time.Advance(TimeSpan.FromSeconds(10));
        (await asked).ShouldBeNull();
        _connection.CloseReasons.ShouldHaveSingleItem().ShouldContain("no controller");
    }

    public void Dispose() => _connection.Dispose();

    private Task<IMessage?> Ask()
    {
        MetadataApi api = new(_cache, null!, null!, new ScriptedAuthorizer());
        return api.DispatchBytes(
            OneBrokerCluster.Bytes(new MetadataRequest { Topics = [] }, 9), new RequestContext(_connection, ApiKey.Metadata, 9, 1, "test")).AsTask();
    }
}
