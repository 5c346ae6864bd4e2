using Broker.Protocol.Messages;
using Broker.Server.Controller;
using Broker.Server.InterBroker;
using Broker.Server.Metadata.Znodes;
using Broker.Server.Tests.InterBroker;

namespace Broker.Server.Tests.Controller;

public sealed class ClusterBrokerChannelsTests
{
    private const string Listener = "INTERNAL";

    private readonly ScriptedConnections _connections = new();
    private readonly RecordingBroker _self = new("c");
    private readonly ClusterBrokerChannels _channels;

    public ClusterBrokerChannelsTests() =>
        _channels = new ClusterBrokerChannels(1, _self, _connections, Listener, TimeSpan.FromSeconds(30));

    [Fact]
    public async Task Another_broker_is_sent_requests_at_its_endpoint_between_brokers_in_the_clusters_versions()
    {
        await using IBrokerChannel channel = _channels.Open(Broker(2, new("EXTERNAL", "out", 1, 0), new(Listener, "in", 2, 0)));
        Task<LeaderAndIsrResponse> leading = channel.Send(new LeaderAndIsrRequest(), CancellationToken.None).AsTask();
        ScriptedConnections.Waiting request = await _connections.Next();
        (request.Host, request.Port, request.Version, request.Timeout).ShouldBe(("in", 2, (short)7, TimeSpan.FromSeconds(30)));
        request.Answer(new LeaderAndIsrResponse { ErrorCode = 11 });
        (await leading).ErrorCode.ShouldBe((short)11);

        Task<UpdateMetadataResponse> updating = channel.Send(new MetadataUpdate(new UpdateMetadataRequest()), CancellationToken.None).AsTask();
        request = await _connections.Next();
        request.Version.ShouldBe((short)8);
        request.Die();
        await Should.ThrowAsync<BrokerUnreachableException>(updating);

        Task<StopReplicaResponse> stopping = channel.Send(new StopReplicaRequest(), CancellationToken.None).AsTask();
        request = await _connections.Next();
        request.Version.ShouldBe((short)4);
        request.Answer(new StopReplicaResponse());
        await stopping;
        _connections.Opened.ShouldBe(1);
    }

    [Fact]
    public void This_broker_is_served_in_process() => _channels.Open(Broker(1, new BrokerEndpoint(Listener, "in", 2, 0))).ShouldBe(_self);

    [Fact]
    public async Task A_broker_without_the_listener_between_brokers_cannot_be_reached()
    {
        await using IBrokerChannel channel = _channels.Open(Broker(2, new BrokerEndpoint("EXTERNAL", "out", 1, 0)));
        MetadataUpdate update = new(new UpdateMetadataRequest());
        (await Should.ThrowAsync<BrokerUnreachableException>(async () => await channel.Send(update, CancellationToken.None)))
            .Message.ShouldContain("INTERNAL");
        (await Should.ThrowAsync<BrokerUnreachableException>(async () => await channel.Send(new LeaderAndIsrRequest(), CancellationToken.None)))
            .Message.ShouldContain("broker 2");
    }

    private static LiveBroker Broker(int id, params BrokerEndpoint[] endpoints) => new(new BrokerRegistration(id, endpoints, null, 0), Epoch: 5);
}
