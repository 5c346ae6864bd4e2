using Broker.Server.Config;
using Broker.Server.Partitions;
using Broker.Server.Scheduling;
using Broker.Server.Time;
using Broker.Storage.Directories;
using Microsoft.Extensions.Logging;

namespace Broker.Server.Hosting;

/// <summary>
/// The periodic work: flushes, checkpoints, retention, delayed deletes, producers' expiry. Each log directory has a thread of its own for it, so that a stalled
/// disk stops the chores of no other.
/// </summary>
internal sealed class Chores
{
    /// <summary>Rolled segments are flushed soon after their roll, as Kafka does.</summary>
    private static readonly TimeSpan FlushInterval = TimeSpan.FromSeconds(1);

    /// <summary>Small against the usual file.delete.delay.ms of a minute.</summary>
    private static readonly TimeSpan DeleteInterval = TimeSpan.FromSeconds(5);

    private readonly List<ChoreThread> _threads = [];

    /// <param name="wheel">Starts the chores when they are due.</param>
    /// <param name="scheduler">Makes the threads.</param>
    /// <param name="config">The intervals.</param>
    /// <param name="directories">The logs.</param>
    /// <param name="partitions">The partitions over them.</param>
    /// <param name="log">Gets the failures.</param>
    public Chores(
        TimingWheel wheel, IScheduler scheduler, BrokerConfig config, LogDirectories directories, PartitionTable partitions, ILogger log)
    {
        foreach (LogDirectory directory in directories.Directories)
        {
            StartAll(AddThread(wheel, scheduler, log), config, directory, partitions);
        }

        // On a thread of its own, because it may block on any directory.
        AddThread(wheel, scheduler, log).Start("logs without room", DeleteInterval, DeleteInterval, partitions.OpenMissingLogs);
    }

    /// <summary>Stops all chores: on return none runs, and none can begin any more.</summary>
    public Task StopAsync() => _threads.Select(thread => thread.StopAsync()).AllHere();

    private static void StartAll(ChoreThread thread, BrokerConfig config, LogDirectory directory, PartitionTable partitions)
    {
        TimeSpan first = TimeSpan.FromMilliseconds(config.LogInitialTaskDelayMs);
        TimeSpan producers = Milliseconds(config.ProducerIdExpirationCheckMs);
        TimeSpan highWatermarks = Milliseconds(config.HighWatermarkCheckpointMs);
        thread.Start("flush", FlushInterval, FlushInterval, directory.FlushDue);
        thread.Start("delayed deletes", DeleteInterval, DeleteInterval, directory.RunDelayedDeletes);
        thread.Start("retention", first, Milliseconds(config.LogRetentionCheckMs), () => partitions.DeleteOldSegments(directory.Path));
        thread.Start("recovery points", first, Milliseconds(config.LogFlushOffsetCheckpointMs), directory.CheckpointRecoveryPoints);
        thread.Start("log start offsets", first, Milliseconds(config.LogFlushStartOffsetCheckpointMs), directory.CheckpointLogStartOffsets);
        thread.Start("producers", producers, producers, () => partitions.ExpireProducers(directory.Path));
        thread.Start("high watermarks", highWatermarks, highWatermarks, () => CheckpointHighWatermarks(directory, partitions));
    }

    /// <summary>Before a controller has assigned the roles, the high watermarks in memory are not the checkpointed ones yet.</summary>
    private static void CheckpointHighWatermarks(LogDirectory directory, PartitionTable partitions)
    {
        if (partitions.IsInitialized)
        {
            directory.CheckpointHighWatermarks();
        }
    }

    private static TimeSpan Milliseconds(long milliseconds) => TimeSpan.FromMilliseconds(Math.Clamp(milliseconds, 1, int.MaxValue));

    private ChoreThread AddThread(TimingWheel wheel, IScheduler scheduler, ILogger log)
    {
        ChoreThread thread = new(wheel, scheduler, log);
        _threads.Add(thread);
        return thread;
    }
}
