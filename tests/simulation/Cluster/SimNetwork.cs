using System.Net;
using Broker.Protocol;
using Broker.Protocol.Messages;
using Broker.Server.Config;
using Broker.Server.InterBroker;
using Broker.Server.Metadata.Znodes;
using Broker.Server.Requests;
using Broker.Server.Scheduling;
using Broker.Simulation.Tests.Bugs;
using Broker.Simulation.Tests.Worlds;

namespace Broker.Simulation.Tests.Cluster;

/// <summary>
/// The network between brokers and clients: requests go through their bytes and the receiver's own handlers. They take time, overtake each other between
/// connections, and are lost where a link is cut, one way or both.
/// </summary>
internal sealed class SimNetwork(World world, Bug bug)
{
    private const string Host = "sim";
    private const int FirstPort = 9000;
    private static readonly TimeSpan BeforeServing = TimeSpan.FromMilliseconds(10);

    private readonly Node _wires = new(world, "network");
    private readonly HashSet<(Node From, Node To)> _cut = [];
    private readonly SortedDictionary<int, SimBroker> _brokers = [];

    public IEnumerable<SimBroker> Brokers => _brokers.Values;

    public static (string Host, int Port) AddressOf(int brokerId) => (Host, FirstPort + brokerId);

    public void Attach(SimBroker broker) => _brokers[broker.Id] = broker;

    public void Cut(Node from, Node to) => _cut.Add((from, to));

    public void HealAll() => _cut.Clear();

    /// <summary>The connections of a process.</summary>
    public IBrokerConnections Of(Node node) => new BuggyConnections(new Connections(this, node), bug);

    private TimeSpan Delay() => TimeSpan.FromMilliseconds(world.Random.Next(0, 10));

    private bool IsCut(Node from, Node to) => _cut.Contains((from, to));

    /// <summary>Carries a request to a broker, and its answer back.</summary>
    private void Carry(Node from, int port, ApiKey key, short version, byte[] body, TaskCompletionSource<byte[]> answer)
    {
        world.Fold(body);
        if (!_brokers.TryGetValue(port - FirstPort, out SimBroker? broker) || IsCut(from, broker.Node))
        {
            return;
        }

        int life = from.Life;
        world.Add(_wires, Delay(), () =>
        {
            if (!broker.IsOpen)
            {
                Deliver(from, life, () => answer.TrySetException(new BrokerUnreachableException(Host, port, "the connection is refused")));
                return;
            }

            broker.Node.Start(() => Handle(broker, from, life, key, version, body, answer));
        });
    }

    private async Task Handle(SimBroker broker, Node from, int life, ApiKey key, short version, byte[] body, TaskCompletionSource<byte[]> answer)
    {
        while (broker.Core is { Apis: null })
        {
            // Its port is bound: what comes before it serves waits.
            await Task.Delay(BeforeServing, broker.Node.Time);
        }

        if (broker.Core?.Apis?.Find((short)key) is not { } api)
        {
            return;
        }

        byte[] bytes;
        try
        {
            IMessage? response = await Dispatch(api, body, new RequestContext(Connection.Of(broker), key, version, 1, from.Name));
            if (response is null)
            {
                return;
            }

            bytes = Encode(response, version);
            world.Fold(bytes);
        }
        catch (Exception failure) when (failure is ObjectDisposedException or OperationCanceledException or BrokerUnreachableException
            || (failure is CoordinationLostException && key == ApiKey.LeaderAndIsr))
        {
            // The connection breaks, with the broker or because it cannot read the topic's settings now: the controller sends again.
            return;
        }

        if (!IsCut(broker.Node, from))
        {
            Deliver(from, life, () => answer.TrySetResult(bytes));
        }
    }

    /// <summary>Brings an answer to the life that asked.</summary>
    private void Deliver(Node to, int life, Action answer) => world.Add(_wires, Delay(), () =>
    {
        if (to.Life == life)
        {
            world.Add(to, TimeSpan.Zero, answer);
        }
    });

    private static ValueTask<IMessage?> Dispatch(Api api, byte[] body, RequestContext context)
    {
        ProtocolReader reader = new(body);
        return api.Dispatch(ref reader, context);
    }

    private static byte[] Encode(IMessage response, short version)
    {
        if (response is FetchResponse fetched)
        {
            foreach (FetchResponse.PartitionData data in fetched.Responses.SelectMany(topic => topic.Partitions))
            {
                data.Records = new MemoryRecords(BytesOf(data.Records));
            }
        }

        using ProtocolWriter writer = new();
        response.Write(writer, version);
        return writer.ToArray();
    }

    private static byte[] BytesOf(RecordsPayload? payload)
    {
        using (payload)
        {
            byte[] bytes = new byte[payload?.Length ?? 0];
            if (payload is MemoryRecords memory)
            {
                memory.Memory.CopyTo(bytes);
            }

            for (int at = 0; payload is StreamedRecords streamed && at < bytes.Length;)
            {
                int read = streamed.ReadAt(at, bytes.AsSpan(at));
                if (read == 0)
                {
                    return []; // the log was cut meanwhile: the connection would be closed
                }

                at += read;
            }

            return bytes;
        }
    }

    private sealed class Connections(SimNetwork network, Node node) : IBrokerConnections
    {
        public IBrokerConnection Open(string host, int port, string clientId) => new Client(network, node, port);
    }

    private sealed class Client(SimNetwork network, Node node, int port) : IBrokerConnection
    {
        private readonly CancellationTokenSource _disposed = new();

        public async ValueTask<TResponse> Send<TRequest, TResponse>(TRequest request, short version, TimeSpan timeout, CancellationToken cancellation)
            where TRequest : IRequest<TRequest>
            where TResponse : IMessage<TResponse>
        {
            using ProtocolWriter writer = new();
            request.Write(writer, version);
            TaskCompletionSource<byte[]> answer = new(TaskCreationOptions.RunContinuationsAsynchronously);
            network.Carry(node, port, TRequest.Key, version, writer.ToArray(), answer);
            using CancellationTokenSource end = CancellationTokenSource.CreateLinkedTokenSource(cancellation, _disposed.Token);
            byte[] bytes;
            try
            {
                bytes = await answer.Task.WithinHere(timeout, node.Time, end.Token);
            }
            catch (TimeoutException)
            {
                throw new BrokerUnreachableException(Host, port, $"no response within {timeout.TotalSeconds} s");
            }

            return Read<TResponse>(bytes, version);
        }

        public ValueTask DisposeAsync()
        {
            _disposed.CancelHere();
            return ValueTask.CompletedTask;
        }

        private static TResponse Read<TResponse>(byte[] bytes, short version)
            where TResponse : IMessage<TResponse>
        {
            ProtocolReader reader = new(bytes);
            return TResponse.Read(ref reader, version);
        }
    }

    private sealed class Connection(Listener listener) : IRequestConnection
    {
        public long Id => 1;

        public Listener Listener => listener;

        public IPAddress RemoteAddress => IPAddress.Loopback;

        public string Principal => "User:ANONYMOUS";

        public CancellationToken ClientEnded => CancellationToken.None;

        public CancellationToken Closed => CancellationToken.None;

        public static Connection Of(SimBroker broker) => new(new Listener("PLAINTEXT", SecurityProtocol.Plaintext, Host, FirstPort + broker.Id));

        public void Close(string reason)
        {
        }
    }
}
