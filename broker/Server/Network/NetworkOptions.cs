using Broker.Server.Config;
using Broker.Storage.Files;

namespace Broker.Server.Network;

/// <summary>The limits of connections and requests, each with its reason.</summary>
internal sealed record NetworkOptions
{
    /// <summary>Frames up to this many bytes, their length field included, come out of a reserve of their own: no large frame can delay them.</summary>
    public const int SmallFrameBytes = 64 << 10;

    /// <summary>A connection's first receive buffer: most requests of an idle client (heartbeats, fetches) are a few hundred bytes.</summary>
    public const int FirstBufferBytes = 4 << 10;

    /// <summary>A buffer grows by this factor when it is full, so that a sender gets at most this many times what it really sent.</summary>
    public const int GrowthFactor = 4;

    /// <summary>
    /// Produce requests of one connection that may be unanswered at once. Clients have 5 in flight (Java) or are limited by bytes (librdkafka);
    /// 32 keeps those busy at one request a millisecond over a replication delay of 30 ms.
    /// </summary>
    public const int MaxProducesAhead = 32;

    /// <summary>Records are read from the log and sent in pieces of this many bytes: large enough that a system call's price does not show.</summary>
    public const int PieceBytes = 256 << 10;

    /// <summary>Records of at least so many bytes go from the page cache to the socket directly; fewer are copied, and leave in one write with what surrounds
    /// them.</summary>
    public const int DirectBytes = 32 << 10;

    /// <summary>Given to a socket directly at a time, before other connections have their turn: what one of <see cref="DefaultSendBufferBytes"/> takes, which
    /// the system doubles.</summary>
    public const int DirectStepBytes = 512 << 10;

    /// <summary>
    /// SO_SNDBUF unless given. With what the system chooses by itself, up to 4 MiB, a consumer of this machine costs half as much again (docs/performance.md);
    /// Kafka's 100 KiB are few for a link with a delay.
    /// </summary>
    public const int DefaultSendBufferBytes = 256 << 10;

    /// <summary>A socket that is said to have room and takes nothing lacks memory of the system: how long it is left alone.</summary>
    public static readonly TimeSpan ShortageRest = TimeSpan.FromMilliseconds(5);

    /// <summary>All pieces of all connections together; 256 whole pieces.</summary>
    public const long AllPiecesBytes = 64L << 20;

    /// <summary>A piece when <see cref="AllPiecesBytes"/> is used up: nobody waits for a slow reader, everybody gets slower.</summary>
    public const int ScarcePieceBytes = 16 << 10;

    /// <summary>Threads that read cold bytes from disk at once. More do not make one disk faster.</summary>
    public const int MaxColdReads = 8;

    /// <summary>Answers that are ready together leave in one write up to this many bytes; a produce's answer has about 100.</summary>
    public const int CoalescedBytes = 16 << 10;

    /// <summary>
    /// Answers that are ready wait for those of the requests dispatched behind them at most this long: far more than a dispatch takes, far less than a stalled
    /// disk.
    /// </summary>
    public static readonly TimeSpan LongestHold = TimeSpan.FromMilliseconds(20);

    /// <summary>A large frame that has reserved its bytes must bring <see cref="ProgressBytes"/> in every such time, or its connection is closed.</summary>
    public static readonly TimeSpan ProgressTime = TimeSpan.FromSeconds(10);

    /// <summary>A tenth of what the slowest useful link (32 kbit/s) carries in <see cref="ProgressTime"/>.</summary>
    public const int ProgressBytes = 4 << 10;

    /// <summary>
    /// While others wait for room, a large frame must come so fast that the whole of it would have come in this time: twice a client's default
    /// request.timeout.ms, after which nobody waits for its answer any more.
    /// </summary>
    public static readonly TimeSpan LongestArrival = TimeSpan.FromSeconds(60);

    /// <summary>How often connections are looked through for idle and stuck ones.</summary>
    public static readonly TimeSpan SweepInterval = TimeSpan.FromSeconds(1);

    /// <summary>How long the end of the broker waits for its connections' loops to notice.</summary>
    public static readonly TimeSpan StopTime = TimeSpan.FromSeconds(5);

    /// <summary>socket.request.max.bytes.</summary>
    public int MaxFrameBytes { get; init; } = 100 << 20;

    /// <summary>queued.max.request.bytes; 0 or less is no limit.</summary>
    public long LargeFramesBytes { get; init; } = BrokerConfig.DefaultQueuedRequestBytes;

    /// <summary>max.connections, or fewer where the process has not the room: further ones stay in the system's backlog.</summary>
    public int MaxConnections { get; init; } = int.MaxValue;

    /// <summary>max.connections.per.ip: further ones are closed.</summary>
    public int MaxConnectionsPerIp { get; init; } = int.MaxValue;

    /// <summary>max.connections.per.ip.overrides by textual address.</summary>
    public IReadOnlyDictionary<string, int> ConnectionsPerIpOverrides { get; init; } = new Dictionary<string, int>(StringComparer.Ordinal);

    /// <summary>connections.max.idle.ms; zero or less is never.</summary>
    public TimeSpan MaxIdle { get; init; } = TimeSpan.FromMinutes(10);

    /// <summary>SO_SNDBUF; 0 or less leaves it to the system.</summary>
    public int SendBufferBytes { get; init; }

    /// <summary>SO_RCVBUF; 0 or less leaves it to the system.</summary>
    public int ReceiveBufferBytes { get; init; }

    /// <summary>Connections that may wait to be accepted. Kafka's 50 loses connections when thousands come at once; the system caps it at somaxconn.</summary>
    public int Backlog { get; init; } = 512;

    /// <summary>
    /// Connections that the process has room for: what its limit of open files leaves beside the logs' files, and half of its memory if each of them held
    /// <see cref="SmallFrameBytes"/> of requests that wait for earlier ones.
    /// </summary>
    private static int RoomOfProcess() =>
        (int)Math.Clamp(GC.GetGCMemoryInfo().TotalAvailableMemoryBytes / 2 / SmallFrameBytes, 1, HandleShares.OfProcess().Connections);

    /// <summary>What a broker's configuration says. Buffer sizes and backlog count only when given: Kafka's defaults are for other machines.</summary>
    public static NetworkOptions Of(BrokerConfig config) => new()
    {
        MaxFrameBytes = config.MaxRequestBytes,
        LargeFramesBytes = config.QueuedMaxRequestBytes,
        MaxConnections = Math.Min(config.MaxConnections, RoomOfProcess()),
        MaxConnectionsPerIp = config.MaxConnectionsPerIp,
        ConnectionsPerIpOverrides = config.ConnectionsPerIpOverrides,
        MaxIdle = TimeSpan.FromMilliseconds(Math.Min(config.ConnectionsMaxIdleMs, int.MaxValue)),
        SendBufferBytes = config.Given("socket.send.buffer.bytes") is null ? DefaultSendBufferBytes : config.SocketSendBufferBytes,
        ReceiveBufferBytes = config.Given("socket.receive.buffer.bytes") is null ? 0 : config.SocketReceiveBufferBytes,
        Backlog = config.Given("socket.listen.backlog.size") is null ? 512 : config.SocketListenBacklog,
    };
}
