using Broker.Protocol;
using Broker.Protocol.Messages;
using Broker.Server.Tests.Network;

namespace Broker.Server.Tests.Hosting;

/// <summary>Mutated requests between brokers, sent to a whole broker: each is answered or ends its connection, and the broker serves on.</summary>
public sealed class HostileControllerTests
{
    private const int Mutations = 60;

    [Fact]
    public async Task Mutated_requests_between_brokers_are_answered_or_end_their_connection()
    {
        await using BrokerHost broker = await BrokerHost.StartAsync(BrokerOptions.ForTests());
        Random random = new(42);
        foreach (byte[] frame in Frames())
        {
            for (int i = 0; i < Mutations; i++)
            {
                byte[] mutated = [.. frame];
                for (int n = random.Next(1, 4); n > 0; n--)
                {
                    // Behind length, key and version.
                    mutated[random.Next(8, mutated.Length)] = (byte)random.Next(256);
                }
                using TestClient client = new(broker.BoundPort);
                await client.Send(mutated);
                client.Socket.Shutdown(System.Net.Sockets.SocketShutdown.Send);
                while (!await client.IsClosed())
                {
                    // The answer.
                }
            }
        }

        using TestClient after = new(broker.BoundPort);
        await after.Send(TestClient.Frame(new MetadataRequest(), 12, 7));
        (await after.ReceiveCorrelationId()).ShouldBe(7);
    }

    private static IEnumerable<byte[]> Frames() =>
    [
        .. InAll(version => new LeaderAndIsrRequest
        {
            ControllerEpoch = 1,
            UngroupedPartitionStates = version >= 2 ? [] : [State()],
            TopicStates = version < 2 ? [] : [new() { TopicName = "t", PartitionStates = [State()] }],
            LiveLeaders = [new() { HostName = "h", Port = 9 }],
        }),
        .. InAll(version => new StopReplicaRequest
        {
            ControllerEpoch = 1,
            UngroupedPartitions = version == 0 ? [new() { TopicName = "t" }] : [],
            Topics = version is 1 or 2 ? [new() { Name = "t", PartitionIndexes = [0] }] : [],
            TopicStates = version < 3 ? [] : [new() { TopicName = "t", PartitionStates = [new() { DeletePartition = true }] }],
        }),
        .. InAll(version => new UpdateMetadataRequest
        {
            ControllerEpoch = 1,
            UngroupedPartitionStates = version < 5 ? [new() { TopicName = "t", Replicas = [0] }] : [],
            TopicStates = version < 5 ? [] : [new() { TopicName = "t", PartitionStates = [new() { Replicas = [0] }] }],
            LiveBrokers = [new() { V0Host = "h", V0Port = 9, Endpoints = [new() { Host = "h", Port = 9, Listener = "PLAINTEXT" }] }],
        }),
        .. InAll(_ => new ControlledShutdownRequest()),
        .. InAll(version => new AlterPartitionRequest
        {
            Topics = [new()
            {
                TopicName = "t", Partitions = [new() { NewIsr = version < 3 ? [0] : [], NewIsrWithEpochs = version < 3 ? [] : [new() { BrokerId = 0 }] }],
            }],
        }),
        .. InAll(_ => new AllocateProducerIdsRequest()),
    ];

    private static LeaderAndIsrRequest.LeaderAndIsrPartitionState State() => new() { TopicName = "t", Isr = [0], Replicas = [0] };

    private static IEnumerable<byte[]> InAll<TRequest>(Func<short, TRequest> request)
        where TRequest : IRequest<TRequest> =>
        Enumerable.Range(TRequest.LowestVersion, TRequest.HighestVersion - TRequest.LowestVersion + 1)
            .Select(version => TestClient.Frame(request((short)version), (short)version, 5));
}
