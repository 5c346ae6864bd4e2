using Broker.Server.Config;
using Broker.Server.Partitions;
using Broker.Server.Time;
using Broker.Storage.Directories;
using Microsoft.Extensions.Logging;

namespace Broker.Server.Hosting;

/// <summary>
/// The work that comes round: flushes, checkpoints, retention, delayed deletes, producers' expiry. Each waits on the timing wheel and runs on one thread of
/// its own, which may block on the disk; the next round of a chore is counted from the end of the last.
/// </summary>
internal sealed class Chores : IDisposable
{
    /// <summary>Rolled segments are flushed soon after their roll, as Kafka does.</summary>
    private static readonly TimeSpan FlushInterval = TimeSpan.FromSeconds(1);

    /// <summary>Small against the usual file.delete.delay.ms of a minute.</summary>
    private static readonly TimeSpan DeleteInterval = TimeSpan.FromSeconds(5);

    /// <summary>Kafka's producer.id.expiration.check.interval.ms.</summary>
    private static readonly TimeSpan ProducerInterval = TimeSpan.FromMinutes(10);

    private readonly TimingWheel _wheel;
    private readonly ColdWork _thread = new(maxThreads: 1);
    private readonly ILogger _log;
    private readonly Lock _lock = new();
    private Task _running = Task.CompletedTask;
    private bool _stopped;

    /// <param name="wheel">For the waiting.</param>
    /// <param name="config">The intervals.</param>
    /// <param name="directories">The logs.</param>
    /// <param name="partitions">The partitions over them.</param>
    /// <param name="log">Where failures go.</param>
    public Chores(TimingWheel wheel, BrokerConfig config, LogDirectories directories, PartitionTable partitions, ILogger log)
    {
        _wheel = wheel;
        _log = log;
        TimeSpan first = TimeSpan.FromMilliseconds(config.LogInitialTaskDelayMs);
        Start("flush", FlushInterval, FlushInterval, directories.FlushDue);
        Start("delayed deletes", DeleteInterval, DeleteInterval, directories.RunDelayedDeletes);
        Start("logs without room", DeleteInterval, DeleteInterval, partitions.OpenAwaited);
        Start("retention", first, Ms(config.LogRetentionCheckMs), () => partitions.DeleteOldSegments());
        Start("recovery points", first, Ms(config.LogFlushOffsetCheckpointMs), directories.CheckpointRecoveryPoints);
        Start("log start offsets", first, Ms(config.LogFlushStartOffsetCheckpointMs), directories.CheckpointLogStartOffsets);
        Start("producers", ProducerInterval, ProducerInterval, partitions.ExpireProducers);
        // Before a controller has told the roles, the marks in memory are not yet what the file says.
        Start("high watermarks", Ms(config.HighWatermarkCheckpointMs), Ms(config.HighWatermarkCheckpointMs),
            () => Once(partitions.IsInitialized, directories.CheckpointHighWatermarks));
    }

    /// <summary>No chore begins any more, and the one that runs has ended.</summary>
    public void Dispose()
    {
        Task running;
        lock (_lock)
        {
            _stopped = true;
            running = _running;
        }

#pragma warning disable VSTHRD002 // The end of the broker: the logs are closed next, on this thread.
        running.Wait();
#pragma warning restore VSTHRD002
        _thread.Dispose();
    }

    private static TimeSpan Ms(long milliseconds) => TimeSpan.FromMilliseconds(Math.Clamp(milliseconds, 1, int.MaxValue));

    private static void Once(bool condition, Action chore)
    {
        if (condition)
        {
            chore();
        }
    }

    private void Start(string name, TimeSpan delay, TimeSpan interval, Action chore)
    {
        lock (_lock)
        {
            if (!_stopped)
            {
                _wheel.Schedule(delay, () => Begin(name, interval, chore));
            }
        }
    }

    private void Begin(string name, TimeSpan interval, Action chore)
    {
        lock (_lock)
        {
            if (_stopped)
            {
                return;
            }
            _running = _thread.Run(() => Run(name, interval, chore));
        }
    }

    private bool Run(string name, TimeSpan interval, Action chore)
    {
        try
        {
            if (!_stopped)
            {
                chore();
            }
        }
#pragma warning disable CA1031 // The top of a chore: it comes round again, and the others must not stop with it.
        catch (Exception e)
#pragma warning restore CA1031
        {
            HostLog.ChoreFailed(_log, e, name);
        }

        Start(name, interval, interval, chore);
        return true;
    }
}
