using Broker.Protocol;
using Broker.Protocol.Messages;
using Broker.Server.Controller;
using Broker.Server.InterBroker;

namespace Broker.Server.Tests.Controller;

public sealed class MetadataUpdateTests
{
    [Fact]
    public void For_each_broker_an_update_has_the_bytes_of_a_request_of_its_own()
    {
        UpdateMetadataRequest request = new()
        {
            ControllerId = 3,
            ControllerEpoch = 7,
            TopicStates = [new() { TopicName = "t", TopicId = Guid.NewGuid(), PartitionStates = [new() { PartitionIndex = 1, Leader = 2, Isr = [2, 3] }] }],
            LiveBrokers = [new() { Id = 2, Endpoints = [new() { Host = "localhost", Port = 9092, Listener = "PLAINTEXT" }] }],
        };
        MetadataUpdate update = new(request);
        foreach (long epoch in (long[])[0, 41, long.MaxValue, -1])
        {
            request.BrokerEpoch = epoch;
            Bytes(update.For(epoch)).ShouldBe(Bytes(request));
        }
    }

    [Fact]
    public void Another_version_is_refused()
        => Should.Throw<UnsupportedVersionException>(() => new MetadataUpdate(new UpdateMetadataRequest()).Write(new ProtocolWriter(), 7));

    private static byte[] Bytes(IMessage message)
    {
        using ProtocolWriter writer = new();
        message.Write(writer, InterBrokerVersions.UpdateMetadata);
        return writer.ToArray();
    }
}
