using Broker.Protocol;
using Broker.Protocol.Messages;
using Broker.Server.InterBroker;
using Broker.Simulation.Tests.Cluster;
using Broker.Simulation.Tests.Worlds;

namespace Broker.Simulation.Tests.Clients;

/// <summary>What every client of the simulated cluster does: it asks any broker for the leader, and sends each request on its own connection.</summary>
internal sealed class SimClient(World world, SimNetwork network, Node node)
{
    private static readonly TimeSpan RequestTimeout = TimeSpan.FromSeconds(5);

    private readonly IBrokerConnections _connections = network.Of(node);

    public int AnyBroker() => network.Brokers.ElementAt(world.Random.Next(network.Brokers.Count())).Id;

    /// <summary>A broker that takes itself for the controller; any where none does.</summary>
    public int Controller() => network.Brokers.FirstOrDefault(broker => broker.Core?.Membership?.IsController == true)?.Id ?? AnyBroker();

    /// <summary>The leader and its epoch, as some broker knows them.</summary>
    /// <exception cref="BrokerUnreachableException">That broker does not answer, or knows no leader.</exception>
    public async Task<(int Leader, int Epoch)> LeaderOf(string topic, int partition)
    {
        MetadataResponse response = await Ask<MetadataRequest, MetadataResponse>(AnyBroker(), new MetadataRequest
        {
            Topics = [new() { Name = topic }], AllowAutoTopicCreation = false,
        }, 9);
        MetadataResponse.MetadataResponsePartition? found = response.Topics[0].Partitions.FirstOrDefault(p => p.PartitionIndex == partition);
        return found is { LeaderId: >= 0 }
            ? (found.LeaderId, found.LeaderEpoch)
            : throw new BrokerUnreachableException("sim", 0, "the partition has no leader");
    }

    /// <summary>An offset of a partition, as its leader answers; null where the broker does not lead in the given epoch, or cannot say yet.</summary>
    /// <param name="topic">The topic.</param>
    /// <param name="partition">The partition.</param>
    /// <param name="leader">The broker that is asked.</param>
    /// <param name="epoch">In which it is to lead.</param>
    /// <param name="timestamp">-1 for the end, -2 for the start.</param>
    public async Task<long?> OffsetOf(string topic, int partition, int leader, int epoch, long timestamp)
    {
        ListOffsetsResponse response = await Ask<ListOffsetsRequest, ListOffsetsResponse>(leader, new ListOffsetsRequest
        {
            ReplicaId = -1,
            Topics = [new() { Name = topic, Partitions = [new() { PartitionIndex = partition, CurrentLeaderEpoch = epoch, Timestamp = timestamp }] }],
        }, 7);
        ListOffsetsResponse.ListOffsetsPartitionResponse answer = response.Topics[0].Partitions[0];
        return answer.ErrorCode == 0 ? answer.Offset : null;
    }

    /// <summary>Sends a request and returns its response.</summary>
    /// <param name="broker">The id of the broker.</param>
    /// <param name="request">The request.</param>
    /// <param name="version">Its version.</param>
    /// <param name="timeout">How long to wait for the response; null for five seconds.</param>
    /// <exception cref="BrokerUnreachableException">There is none in time.</exception>
    public async Task<TResponse> Ask<TRequest, TResponse>(int broker, TRequest request, short version, TimeSpan? timeout = null)
        where TRequest : IRequest<TRequest>
        where TResponse : IMessage<TResponse>
    {
        (string host, int port) = SimNetwork.AddressOf(broker);
        await using IBrokerConnection connection = _connections.Open(host, port, node.Name);
        return await connection.Send<TRequest, TResponse>(request, version, timeout ?? RequestTimeout, CancellationToken.None);
    }
}
