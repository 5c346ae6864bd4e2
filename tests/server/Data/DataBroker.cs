using System.Net;
using Broker.Server.Scheduling;
using Broker.Protocol;
using Broker.Protocol.Messages;
using Broker.Protocol.Records;
using Broker.Server.Apis;
using Broker.Server.Apis.Fetching;
using Broker.Server.Config;
using Broker.Server.Metadata;
using Broker.Server.Partitions;
using Broker.Server.Replication;
using Broker.Server.Requests;
using Broker.Server.Security;
using Broker.Server.Time;
using Broker.Storage;
using Broker.Storage.Directories;
using Broker.Storage.Files;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;

namespace Broker.Server.Tests.Data;

/// <summary>
/// The data path of a broker, of id 1 if not said otherwise, over the in-memory file system, a hand-moved clock and a controller played by the test.
/// </summary>
internal sealed class DataBroker : IDisposable, IPartitionListener, IIsrProposals
{
    public const int Id = 1;

    private readonly Dictionary<string, LogConfig> _configs = [];
    private readonly DirectoryThreads _cold = new(PoolScheduler.Instance, 2);
    private readonly PartitionHost _host;
    private readonly int _id;
    private int _leaderEpoch;

    public DataBroker(int sessionSlots = 1000, int fetchMaxBytes = 57_671_680, int id = Id, bool isRackAware = false, params string[] folders)
    {
        _id = id;
        Listeners.Add(this);
        Time = new FakeTimeProvider(DateTimeOffset.FromUnixTimeMilliseconds(1_700_000_000_000));
        Wheel = new TimingWheel(Time);
        Directories = LogDirectories.Open(
            new StorageOptions
            {
                Directories = folders.Length == 0 ? ["/data"] : folders, Random = new Random(1), OpenFiles = 100, OnDirectoryFailed = _ => DirectoryFailures++,
            }, Disk, Time, NullLoggerFactory.Instance);
        Directories.Load(ConfigOf);
        PartitionHost host = _host = new(
            id, Time, PoolScheduler.Instance, Wheel, ReplicaLagMaxMs: 30_000, broker => !Dead.Contains(broker), this, NullLogger.Instance);
        Metadata = new MetadataCache("cluster", Time);
        Table = new PartitionTable(host, new DirectoryLogs(Directories, ConfigOf), () => BrokerEpoch, Metadata.Controllers.Passes, Listeners);
        Sessions = new FetchSessionCache(sessionSlots, new Random(1));
        Services = new DataServices(Table, Metadata, Authorizer, Wheel, Time, _cold, host.Decompression, NullLogger.Instance);
        Produce = new ProduceApi(Services);
        Quota = new ReplicationQuota(samples: 11, sampleMs: 1000, Time);
        Fetch = new FetchApi(Services, Sessions, fetchMaxBytes, isRackAware, Quota);
        ListOffsets = new ListOffsetsApi(Services);
        EpochEnds = new OffsetForLeaderEpochApi(Services);
    }

    public FakeTimeProvider Time { get; }

    public TimingWheel Wheel { get; }

    public InMemoryFileSystem Disk { get; } = new();

    public LogDirectories Directories { get; }

    public PartitionTable Table { get; }

    public MetadataCache Metadata { get; }

    public FetchSessionCache Sessions { get; }

    public DataServices Services { get; }

    /// <summary>Of followers' fetches.</summary>
    public ReplicationQuota Quota { get; }

    public ProduceApi Produce { get; }

    public FetchApi Fetch { get; }

    public ListOffsetsApi ListOffsets { get; }

    public OffsetForLeaderEpochApi EpochEnds { get; }

    public ScriptedAuthorizer Authorizer { get; } = new();

    public FakeConnection Connection { get; } = new();

    public long BrokerEpoch { get; set; } = 10;

    public int DirectoryFailures { get; private set; }

    public List<string> Told { get; } = [];

    /// <summary>Notified of the partitions' roles; this broker writes them down first.</summary>
    public List<IPartitionListener> Listeners { get; } = [];

    /// <summary>The brokers' racks, from the next assignment on.</summary>
    public Dictionary<int, string> Racks { get; } = [];

    /// <summary>Brokers that are not registered.</summary>
    public HashSet<int> Dead { get; } = [];

    /// <summary>What this broker would ask the controller.</summary>
    public List<IsrProposal> Proposals { get; } = [];

    public Partition this[string topic, int index = 0] => Table.Find(topic, index)!;

    public static Guid IdOf(string topic) => new(System.Security.Cryptography.SHA256.HashData(System.Text.Encoding.UTF8.GetBytes(topic)).AsSpan(0, 16));

    /// <summary>Makes this broker leader of new partitions, as the controller would.</summary>
    public DataBroker Create(string topic, int partitions = 1, LogConfig? config = null, int[]? replicas = null, int[]? isr = null, Guid? id = null)
    {
        _configs[topic] = config ?? new LogConfig();
        Assign(topic, partitions, _id, replicas, isr, id: id).ShouldAllBe(error => error == ErrorCode.None);
        return this;
    }

    /// <summary>Gives a topic's logs settings before they are made.</summary>
    public void Configure(string topic, LogConfig config) => _configs[topic] = config;

    public ErrorCode[] Assign(string topic, int partitions, int leader, int[]? replicas = null, int[]? isr = null, int? epoch = null, Guid? id = null)
    {
        replicas ??= [_id];
        isr ??= replicas;
        int leaderEpoch = epoch ?? ++_leaderEpoch;
        LeaderAndIsrResponse response = Table.Apply(new LeaderAndIsrRequest
        {
            ControllerEpoch = 1,
            BrokerEpoch = BrokerEpoch,
            TopicStates =
            [
                new()
                {
                    TopicName = topic, TopicId = id ?? IdOf(topic),
                        PartitionStates = [.. Enumerable.Range(0, partitions).Select(p => State(p, leader, leaderEpoch, replicas, isr))],
                },
            ],
        });
        Metadata.Apply(new UpdateMetadataRequest
        {
            ControllerId = Id,
            ControllerEpoch = 1,
            LiveBrokers = [.. replicas.Append(Id).Append(leader).Distinct().Where(b => b >= 0).Select(b => new UpdateMetadataRequest.UpdateMetadataBroker
            {
                Id = b,
                Rack = Racks.GetValueOrDefault(b),
                Endpoints = [new() { Host = $"host{b}", Port = 9000 + b, Listener = "PLAINTEXT" }],
            })],
            TopicStates =
            [
                new()
                {
                    TopicName = topic,
                    TopicId = id ?? IdOf(topic),
                    PartitionStates = [.. Enumerable.Range(0, partitions).Select(p => new UpdateMetadataRequest.UpdateMetadataPartitionState
                    {
                        PartitionIndex = p, Leader = leader, LeaderEpoch = leaderEpoch, Isr = isr, Replicas = replicas,
                    })],
                },
            ],
        }).ErrorCode.ShouldBe((short)0);
        return response.ErrorCode != 0 ? [(ErrorCode)response.ErrorCode] : [.. response.Topics[0].PartitionErrors.Select(e => (ErrorCode)e.ErrorCode)];
    }

    /// <summary>Deletes a topic, as the controller would: it is gone from the cluster's image, then from here.</summary>
    public void Delete(string topic, int partitions)
    {
        Metadata.Apply(new UpdateMetadataRequest
        {
            ControllerId = Id,
            ControllerEpoch = 1,
            LiveBrokers = [new() { Id = Id, Endpoints = [new() { Host = "host1", Port = 9001, Listener = "PLAINTEXT" }] }],
            TopicStates =
            [
                new()
                {
                    TopicName = topic,
                    TopicId = IdOf(topic),
                    PartitionStates = [.. Enumerable.Range(0,
                        partitions).Select(p => new UpdateMetadataRequest.UpdateMetadataPartitionState { PartitionIndex = p, Leader = -2 })],
                },
            ],
        }).ErrorCode.ShouldBe((short)0);
        Table.Apply(new StopReplicaRequest
        {
            ControllerEpoch = 1,
            BrokerEpoch = BrokerEpoch,
            TopicStates =
            [
                new()
                {
                    TopicName = topic,
                        PartitionStates = [.. Enumerable.Range(0,
                            partitions).Select(p => new StopReplicaRequest.StopReplicaPartitionState
                            {
                                PartitionIndex = p, LeaderEpoch = -2, DeletePartition = true,
                            })],
                },
            ],
        }).PartitionErrors.ShouldAllBe(error => error.ErrorCode == 0);
    }

    /// <summary>Sends a request through its bytes, and proves that the answer can be written in the same version.</summary>
    public async Task<TResponse?> Send<TRequest, TResponse>(Api<TRequest, TResponse> api, TRequest request, short version, string client = "test")
        where TRequest : class, IRequest<TRequest>
        where TResponse : class, IMessage
    {
        using ProtocolWriter writer = new();
        request.Write(writer, version);
        RequestContext context = new(Connection, TRequest.Key, version, 1, client);
        ValueTask<IMessage?> dispatched = Dispatch(api, writer.ToArray(), context);
        IMessage? response = await dispatched;
        if (response is not null)
        {
            using ProtocolWriter answer = new();
            response.Write(answer, version);
            _ = answer.Length;
        }

        return (TResponse?)response;
    }

    public async Task<ProduceResponse.PartitionProduceResponse> Append(
        string topic, byte[] batch, short acks = -1, short version = 11, int partition = 0, int timeoutMs = 1000)
    {
        ProduceResponse? response = await Send(Produce, ProduceOf(topic, batch, acks, partition, timeoutMs), version);
        return response!.Responses.ShouldHaveSingleItem().PartitionResponses.ShouldHaveSingleItem();
    }

    public static ProduceRequest ProduceOf(string topic, byte[] batch, short acks = -1, int partition = 0, int timeoutMs = 1000) => new()
    {
        Acks = acks,
        TimeoutMs = timeoutMs,
        TopicData = [new() { Name = topic, PartitionData = [new() { Index = partition, Records = batch }] }],
    };

    public static byte[] Batch(int records = 1, BatchOptions? options = null, int valueBytes = 10, long timestamp = 1_700_000_000_000)
    {
        using RecordBatchBuilder builder = new(options ?? new BatchOptions());
        for (int i = 0; i < records; i++)
        {
            builder.Append(timestamp + i, [(byte)i], new byte[valueBytes]);
        }

        return builder.Build();
    }

    /// <summary>The offsets of the records that a response holds.</summary>
    public static long[] OffsetsIn(FetchResponse.PartitionData data)
    {
        byte[] bytes = BytesOf(data);
        List<long> offsets = [];
        for (int at = 0; at < bytes.Length && BatchInfo.TryRead(bytes.AsSpan(at), out BatchInfo info) == BatchReadResult.Ok
            && at + info.SizeInBytes <= bytes.Length; at += info.SizeInBytes)
        {
            using RecordReader reader = RecordReader.Open(bytes.AsMemory(at));
            while (reader.MoveNext())
            {
                offsets.Add(reader.Current.Offset);
            }
        }

        return [.. offsets];
    }

    public static byte[] BytesOf(FetchResponse.PartitionData data)
    {
        using RecordsPayload payload = data.Records.ShouldNotBeNull();
        if (payload is MemoryRecords memory)
        {
            return memory.Memory.ToArray();
        }

        byte[] bytes = new byte[payload.Length];
        for (int at = 0; at < bytes.Length;)
        {
            int read = payload.ShouldBeOfType<LogRecords>().ReadAt(at, bytes.AsSpan(at));
            read.ShouldBePositive();
            at += read;
        }

        return bytes;
    }

    public void Propose(Partition partition, IsrProposal proposal) => Proposals.Add(proposal);

    public void BecameLeader(string topic, int partition, int leaderEpoch) => Told.Add($"lead {topic}-{partition} {leaderEpoch}");

    public void BecameFollower(string topic, int partition, int leaderId, int leaderEpoch) => Told.Add($"follow {leaderId} {topic}-{partition} {leaderEpoch}");

    public void Stopped(string topic, int partition, int leaderEpoch) => Told.Add($"stop {topic}-{partition} {leaderEpoch}");

    public void Dispose()
    {
        Connection.Dispose();
        Wheel.Dispose();
        _cold.Dispose();
        _host.Dispose();
        Directories.Abandon();
    }

    private static ValueTask<IMessage?> Dispatch(Api api, byte[] body, RequestContext context)
    {
        ProtocolReader reader = new(body);
        ValueTask<IMessage?> dispatched = api.Dispatch(ref reader, context);
        if (dispatched.IsCompleted)
        {
            // The frame goes back to its pool: whoever still read it would see this.
            body.AsSpan().Fill(0xEE);
        }

        return dispatched;
    }

    public static LeaderAndIsrRequest.LeaderAndIsrPartitionState State(int partition, int leader, int leaderEpoch, int[] replicas, int[] isr) => new()
    {
        PartitionIndex = partition, ControllerEpoch = 1, Leader = leader, LeaderEpoch = leaderEpoch, Isr = isr, Replicas = replicas, IsNew = true,
    };

    private LogConfig ConfigOf(string topic) => _configs.GetValueOrDefault(topic) ?? new LogConfig();
}

internal sealed class ScriptedAuthorizer : IAuthorizer
{
    public Func<AclOperation, ResourceType, string, bool> Rule { get; set; } = (_, _, _) => true;

    public bool Allows(RequestContext context, AclOperation operation, ResourceType type, string name) => Rule(operation, type, name);
}

internal sealed class FakeConnection : IRequestConnection, IDisposable
{
    private readonly CancellationTokenSource _ended = new();
    private readonly CancellationTokenSource _closed = new();

    public long Id => 7;

    public Listener Listener { get; } = new("PLAINTEXT", SecurityProtocol.Plaintext, "127.0.0.1", 9092);

    public IPAddress RemoteAddress => IPAddress.Loopback;

    public string Principal => "User:ANONYMOUS";

    public CancellationToken ClientEnded => _ended.Token;

    public CancellationToken Closed => _closed.Token;

    public List<string> CloseReasons { get; } = [];

    public void Close(string reason)
    {
        CloseReasons.Add(reason);
        EndClient();
        _closed.Cancel();
    }

    /// <summary>The client sends no more.</summary>
    public void EndClient() => _ended.Cancel();

    public void Dispose()
    {
        _ended.Dispose();
        _closed.Dispose();
    }
}
