using System.Collections.Concurrent;
using Broker.Protocol.Records;
using Broker.Server.Scheduling;
using Broker.Server.Time;
using Microsoft.Extensions.Logging;

namespace Broker.Server.Partitions;

/// <summary>What all partitions of a broker share.</summary>
/// <param name="BrokerId">This broker.</param>
/// <param name="Clock">Wall time for records, monotonic stamps for waiting.</param>
/// <param name="Scheduler">Makes the threads that flush.</param>
/// <param name="Wheel">Time-outs.</param>
/// <param name="ReplicaLagMaxMs"><c>replica.lag.time.max.ms</c>.</param>
/// <param name="IsAlive">Whether a broker is registered now.</param>
/// <param name="Proposals">Brings changes of the in-sync replicas to the controller.</param>
/// <param name="Logger">Of the area.</param>
internal sealed record PartitionHost(
    int BrokerId, TimeProvider Clock, IScheduler Scheduler, TimingWheel Wheel, long ReplicaLagMaxMs, Func<int, bool> IsAlive,
    IIsrProposals Proposals, ILogger Logger) : IDisposable
{
    /// <summary>
    /// Partitions of one directory that are flushed at once: enough to share the file system's commits; the other partitions wait in a queue.
    /// </summary>
    private const int FlushesPerDirectory = 8;

    /// <summary>Bounds the appends that run at once, by the path of the log directory.</summary>
    public ConcurrentDictionary<string, AppendGate> Gates { get; } = new(StringComparer.Ordinal);

    /// <summary>Counts the answers to all partitions' proposals.</summary>
    public IsrCounts IsrCounts { get; } = new();

    /// <summary>Runs the flushes that acknowledgements wait for.</summary>
    public DirectoryThreads Flushes { get; } = new(Scheduler, FlushesPerDirectory);

    /// <summary>Bounds the memory and cores of decompression, for all partitions and all readers.</summary>
    public DecompressionBound Decompression { get; } = new(Scheduler.Processors);

    /// <summary>Checks clients' batches within that bound.</summary>
    public BatchChecks Checks => new(Decompression);

    /// <summary>Wall-clock time, epoch ms, for records and retention.</summary>
    public long NowMs => Clock.GetUtcNow().ToUnixTimeMilliseconds();

    /// <summary>Monotonic milliseconds, for lags and waits.</summary>
    public long StampMs => (long)(Clock.GetTimestamp() * (1000.0 / Clock.TimestampFrequency));

    public void Dispose()
    {
        Flushes.Dispose();
        Decompression.Dispose();
    }
}
