using Broker.Server.Partitions;
using Broker.Server.Requests;
using Broker.Server.Scheduling;
using Microsoft.Extensions.Logging;

namespace Broker.Server.Network;

/// <summary>What all connections of a broker share.</summary>
internal sealed class ConnectionServices : IDisposable
{
    public ConnectionServices(NetworkOptions options, ApiTable apis, NetworkMetrics metrics, ILogger log, TimeProvider time)
    {
        Options = options;
        Apis = apis;
        Metrics = metrics;
        Log = log;
        Time = time;
        LargeFrames = new ByteBudget(options.LargeFramesBytes);
        Pieces = new ByteBudget(NetworkOptions.AllPiecesBytes);
        ColdReads = new DirectoryThreads(PoolScheduler.Instance, NetworkOptions.MaxColdReads);
        Sender = new ResponseSender(Pieces, ColdReads);
    }

    public NetworkOptions Options { get; }

    public ApiTable Apis { get; }

    public NetworkMetrics Metrics { get; }

    public ILogger Log { get; }

    public TimeProvider Time { get; }

    public ByteBudget LargeFrames { get; }

    public ByteBudget Pieces { get; }

    public DirectoryThreads ColdReads { get; }

    public ResponseSender Sender { get; }

    public SocketWaits Readable { get; } = SocketWaits.ForReading();

    public SocketWaits Drained { get; } = SocketWaits.ForWriting();

    public void Dispose()
    {
        ColdReads.Dispose();
        Readable.Dispose();
        Drained.Dispose();
    }
}
