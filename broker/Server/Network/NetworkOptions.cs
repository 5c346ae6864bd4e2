using Broker.Server.Config;
using Broker.Storage.Files;

namespace Broker.Server.Network;

/// <summary>The limits of connections and requests, each with its reason.</summary>
internal sealed record NetworkOptions
{
    /// <summary>Frames up to this many bytes, length field included, need no reservation: no large frame can delay them.</summary>
    public const int SmallFrameBytes = 64 << 10;

    /// <summary>A connection's first receive buffer: most requests of an idle client (heartbeats, fetches) are a few hundred bytes.</summary>
    public const int FirstBufferBytes = 4 << 10;

    /// <summary>A full buffer grows by this factor, so that it holds at most this many times the bytes that have arrived.</summary>
    public const int GrowthFactor = 4;

    /// <summary>
    /// Produce requests of one connection that may be unanswered at once. Clients have 5 in flight (Java) or are limited by bytes (librdkafka); 32 keeps those
    /// busy at one request a millisecond over a replication delay of 30 ms.
    /// </summary>
    public const int MaxProducesAhead = 32;

    /// <summary>Records are read from the log and sent in pieces of this many bytes: large enough to make the cost of a system call negligible.</summary>
    public const int PieceBytes = 256 << 10;

    /// <summary>
    /// Records of at least this many bytes are sent directly from the page cache to the socket; fewer are copied and sent in one write with the rest of the
    /// response.
    /// </summary>
    public const int DirectBytes = 32 << 10;

    /// <summary>
    /// The most bytes that one call sends directly, before the thread serves other connections: the room of a socket of <see cref="DefaultSendBufferBytes"/>,
    /// which the system doubles.
    /// </summary>
    public const int DirectStepBytes = 512 << 10;

    /// <summary>
    /// SO_SNDBUF unless the configuration gives one. With the size that the system chooses itself, up to 4 MiB, a consumer on the same machine costs half as
    /// much CPU time again (docs/performance.md); Kafka's 100 KiB are few for a link with a delay.
    /// </summary>
    public const int DefaultSendBufferBytes = 256 << 10;

    /// <summary>
    /// A response of at most so many bytes is corked while records are sent directly. A larger one fills the socket's buffer several times: there the cork
    /// saves few packets and costs CPU time when a consumer catches up (docs/performance.md).
    /// </summary>
    public const int MaxCorkedBytes = DefaultSendBufferBytes;

    /// <summary>How long the sender waits when a socket is reported writable but accepts no bytes, because the system lacks memory.</summary>
    public static readonly TimeSpan SendRetryDelay = TimeSpan.FromMilliseconds(5);

    /// <summary>All pieces of all connections together; 256 whole pieces.</summary>
    public const long AllPiecesBytes = 64L << 20;

    /// <summary>
    /// The size of a piece when <see cref="AllPiecesBytes"/> is used up: no connection waits for a slow reader, but all send in smaller steps.
    /// </summary>
    public const int ScarcePieceBytes = 16 << 10;

    /// <summary>Threads that read cold bytes from one log directory at once. More do not make one disk faster.</summary>
    public const int MaxColdReads = 8;

    /// <summary>Answers that are ready together are sent in one write of up to this many bytes; a produce's answer has about 100.</summary>
    public const int CoalescedBytes = 16 << 10;

    /// <summary>
    /// The longest time that a completed answer waits to be sent together with those of later requests: far longer than a dispatch, far shorter than the stall
    /// of a disk.
    /// </summary>
    public static readonly TimeSpan MaxAnswerDelay = TimeSpan.FromMilliseconds(20);

    /// <summary>
    /// Of a large frame that has reserved its bytes, <see cref="ProgressBytes"/> must arrive in each such period, or its connection is closed.
    /// </summary>
    public static readonly TimeSpan ProgressTime = TimeSpan.FromSeconds(10);

    /// <summary>A tenth of what the slowest useful link (32 kbit/s) carries in <see cref="ProgressTime"/>.</summary>
    public const int ProgressBytes = 4 << 10;

    /// <summary>
    /// While other frames wait for memory, a large frame must arrive at the speed that completes it in this time: twice a client's default request.timeout.ms,
    /// after which no client waits for the answer.
    /// </summary>
    public static readonly TimeSpan MaxArrivalTime = TimeSpan.FromSeconds(60);

    /// <summary>How often the sweep looks for idle and stuck connections.</summary>
    public static readonly TimeSpan SweepInterval = TimeSpan.FromSeconds(1);

    /// <summary>How long a stopping broker waits for its connections' loops to end.</summary>
    public static readonly TimeSpan StopTime = TimeSpan.FromSeconds(5);

    /// <summary>socket.request.max.bytes.</summary>
    public int MaxFrameBytes { get; init; } = 100 << 20;

    /// <summary>queued.max.request.bytes; 0 or less is no limit.</summary>
    public long LargeFramesBytes { get; init; } = BrokerConfig.DefaultQueuedRequestBytes;

    /// <summary>max.connections, or fewer where the process lacks files or memory: further connections stay in the system's backlog.</summary>
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
    private static int ConnectionsOfProcess() =>
        (int)Math.Clamp(GC.GetGCMemoryInfo().TotalAvailableMemoryBytes / 2 / SmallFrameBytes, 1, HandleShares.OfProcess().Connections);

    /// <summary>
    /// The options of a broker's configuration. Buffer sizes and backlog apply only when they are configured: Kafka's defaults are for other machines.
    /// </summary>
    public static NetworkOptions Of(BrokerConfig config) => new()
    {
        MaxFrameBytes = config.MaxRequestBytes,
        LargeFramesBytes = config.QueuedMaxRequestBytes,
        MaxConnections = Math.Min(config.MaxConnections, ConnectionsOfProcess()),
        MaxConnectionsPerIp = config.MaxConnectionsPerIp,
        ConnectionsPerIpOverrides = config.ConnectionsPerIpOverrides,
        MaxIdle = TimeSpan.FromMilliseconds(Math.Min(config.ConnectionsMaxIdleMs, int.MaxValue)),
        SendBufferBytes = config.Given("socket.send.buffer.bytes") is null ? DefaultSendBufferBytes : config.SocketSendBufferBytes,
        ReceiveBufferBytes = config.Given("socket.receive.buffer.bytes") is null ? 0 : config.SocketReceiveBufferBytes,
        Backlog = config.Given("socket.listen.backlog.size") is null ? 512 : config.SocketListenBacklog,
    };
}
