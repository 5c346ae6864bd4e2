using Broker.Server.Scheduling;
using Broker.Coordination.Embedded;
using Broker.Protocol;
using Broker.Protocol.Messages;
using Broker.Server.Config;
using Broker.Server.Controller;
using Broker.Server.InterBroker;
using Broker.Server.Metadata.Znodes;
using Broker.Server.Requests;
using Broker.Server.Tests.Controller;
using Broker.Server.Tests.Data;
using Broker.Storage;
using Microsoft.Extensions.Logging.Abstractions;

namespace Broker.Server.Tests.Apis;

/// <summary>One broker on a tree in memory, with this area's handlers; its replicas are only written down.</summary>
internal sealed class OneBrokerCluster : IAsyncDisposable
{
    private OneBrokerCluster(EmbeddedCoordination tree, LossyCoordination link, ClusterMembership membership)
    {
        (Tree, Link) = (tree, link);
        Membership = membership;
        Apis = membership.Apis(Authorizer).ToDictionary(api => api.Key);
    }

    public EmbeddedCoordination Tree { get; }

    /// <summary>The broker's way to the tree.</summary>
    public LossyCoordination Link { get; }

    public ClusterMembership Membership { get; }

    public ScriptedAuthorizer Authorizer { get; } = new();

    public RecordingBroker Replicas { get; } = new("unused");

    public List<(string? Topic, LogConfig Config)> Configured { get; } = [];

    public SemaphoreSlim ConfiguredSignal { get; } = new(0);

    /// <summary>What the partitions throw when they are given new settings.</summary>
    public Exception? FailToConfigure { get; set; }

    private Dictionary<ApiKey, Api> Apis { get; }

    public static async Task<OneBrokerCluster> Start(params (string Key, string Value)[] settings)
    {
        Dictionary<string, string> given = new(StringComparer.Ordinal)
        {
            ["broker.id"] = "1", ["listeners"] = "PLAINTEXT://127.0.0.1:9092", ["offsets.topic.replication.factor"] = "1", ["broker.rack"] = "rack-1",
        };
        foreach ((string key, string value) in settings)
        {
            given[key] = value;
        }
        EmbeddedCoordination tree = EmbeddedCoordination.InMemory(TimeProvider.System);
        LossyCoordination link = new(tree);
        ClusterMembership membership = await ClusterMembership.Join(link, null, new BrokerConfig(given), null, null,
            new SocketBrokerConnections(1 << 20, TimeProvider.System), PoolScheduler.Instance, TimeProvider.System, new Random(1), NullLoggerFactory.Instance);
        OneBrokerCluster cluster = new(tree, link, membership);
        await membership.Start(
            [new BrokerEndpoint("PLAINTEXT", "127.0.0.1", 9092, 0)],
            request => cluster.Replicas.Send(request, CancellationToken.None).AsTask().GetAwaiter().GetResult(),
            request => cluster.Replicas.Send(request, CancellationToken.None).AsTask().GetAwaiter().GetResult(),
            topic =>
            {
                cluster.Configured.Add((topic, membership.Topics.LogConfigOf(topic ?? "")));
                cluster.ConfiguredSignal.Release();
                if (cluster.FailToConfigure is { } failure)
                {
                    throw failure;
                }
            });
        return cluster;
    }

    /// <summary>The request as it comes over the wire in a version, and the response as a client of that version reads it.</summary>
    public async Task<TResponse> Call<TRequest, TResponse>(TRequest request, short? version = null, int throttleMs = 0)
        where TRequest : class, IRequest<TRequest>
        where TResponse : class, IMessage<TResponse>
    {
        short used = version ?? TRequest.HighestVersion;
        using FakeConnection connection = new();
        RequestContext context = new(connection, TRequest.Key, used, 1, "test") { ThrottleTimeMs = throttleMs };
        IMessage response = (await Apis[TRequest.Key].DispatchBytes(Bytes(request, used), context)).ShouldNotBeNull();
        return Read<TResponse>(Bytes(response, used), used);
    }

    public Task<CreateTopicsResponse> CreateTopic(string name, int partitions = 1, params (string Key, string? Value)[] configs) =>
        Call<CreateTopicsRequest, CreateTopicsResponse>(new CreateTopicsRequest
        {
            Topics = [new()
            {
                Name = name, NumPartitions = partitions, ReplicationFactor = 1,
                    Configs = [.. configs.Select(c => new CreateTopicsRequest.CreatableTopicConfig { Name = c.Key, Value = c.Value })],
            }],
            TimeoutMs = 30_000,
        });

    /// <summary>Cuts the broker off from the tree; its session stays.</summary>
    public ValueTask Disconnect() => Tree.Disconnect(LossyCoordination.Inner(Membership.Znodes.Session));

    /// <summary>Ends <see cref="Disconnect"/>.</summary>
    public ValueTask Reconnect() => Tree.Reconnect(LossyCoordination.Inner(Membership.Znodes.Session));

    /// <summary>Ends the broker's session; it opens another one.</summary>
    public ValueTask Expire() => Tree.Expire(LossyCoordination.Inner(Membership.Znodes.Session));

    public async ValueTask DisposeAsync()
    {
        await Membership.DisposeAsync();
        await Tree.DisposeAsync();
        ConfiguredSignal.Dispose();
    }

    internal static byte[] Bytes(IMessage message, short version)
    {
        using ProtocolWriter writer = new();
        message.Write(writer, version);
        return writer.ToArray();
    }

    internal static T Read<T>(byte[] bytes, short version)
        where T : IMessage<T>
    {
        ProtocolReader reader = new(bytes);
        return T.Read(ref reader, version);
    }
}

internal static class ApiDispatch
{
    /// <summary>A ref struct cannot live in an async method.</summary>
    internal static ValueTask<IMessage?> DispatchBytes(this Api api, byte[] body, RequestContext context)
    {
        ProtocolReader reader = new(body);
        return api.Dispatch(ref reader, context);
    }
}
