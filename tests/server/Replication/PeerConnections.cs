using Broker.Protocol;
using Broker.Protocol.Messages;
using Broker.Server.InterBroker;
using Broker.Server.Requests;
using Broker.Server.Tests.Data;

namespace Broker.Server.Tests.Replication;

/// <summary>Connections to one peer, without sockets: requests and responses go through their bytes and the peer's own handlers.</summary>
internal sealed class PeerConnections(DataBroker peer) : IBrokerConnections
{
    private readonly Lock _gate = new();

    /// <summary>While set, the peer gives no response.</summary>
    public bool IsCut { get; set; }

    /// <summary>The requests that were answered, in their order.</summary>
    public List<object> Requests { get; } = [];

    /// <summary>The fetches so far; a copy.</summary>
    public IReadOnlyList<FetchRequest> Fetches
    {
        get
        {
            lock (_gate)
            {
                return [.. Requests.OfType<FetchRequest>()];
            }
        }
    }

    public IBrokerConnection Open(string host, int port, string clientId) => new Connection(this, host, port);

    private async Task<IMessage> Answer(ApiKey key, byte[] body, short version, CancellationToken cancellation)
    {
        using FakeConnection connection = new();
        await using CancellationTokenRegistration closing = cancellation.Register(() => connection.Close("closed"));
        RequestContext context = new(connection, key, version, 1, "peer");
        IMessage response = (await Dispatch(key, body, context)).ShouldNotBeNull();
        if (response is FetchResponse fetched)
        {
            foreach (FetchResponse.PartitionData data in fetched.Responses.SelectMany(topic => topic.Partitions))
            {
                data.Records = new MemoryRecords(DataBroker.BytesOf(data));
            }
        }

        return response;
    }

    private ValueTask<IMessage?> Dispatch(ApiKey key, byte[] body, RequestContext context)
    {
        ProtocolReader reader = new(body);
        Api api = key == ApiKey.Fetch ? peer.Fetch : key == ApiKey.ListOffsets ? peer.ListOffsets : peer.EpochEnds;
        return api.Dispatch(ref reader, context);
    }

    private void Note(object request)
    {
        lock (_gate)
        {
            Requests.Add(request);
        }
    }

    private sealed class Connection(PeerConnections owner, string host, int port) : IBrokerConnection
    {
        public async ValueTask<TResponse> Send<TRequest, TResponse>(TRequest request, short version, TimeSpan timeout, CancellationToken cancellation)
            where TRequest : IRequest<TRequest>
            where TResponse : IMessage<TResponse>
        {
            if (owner.IsCut)
            {
                throw new BrokerUnreachableException(host, port, "the connection is cut");
            }

            using ProtocolWriter asked = new();
            request.Write(asked, version);
            IMessage response = await owner.Answer(TRequest.Key, asked.ToArray(), version, cancellation);
            cancellation.ThrowIfCancellationRequested();
            owner.Note(request);
            using ProtocolWriter answered = new();
            response.Write(answered, version);
            return Read<TResponse>(answered.ToArray(), version);
        }

        public ValueTask DisposeAsync() => ValueTask.CompletedTask;

        private static TResponse Read<TResponse>(byte[] bytes, short version)
            where TResponse : IMessage<TResponse>
        {
            ProtocolReader reader = new(bytes);
            return TResponse.Read(ref reader, version);
        }
    }
}
