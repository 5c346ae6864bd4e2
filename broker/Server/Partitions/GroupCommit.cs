using Broker.Server.Scheduling;

namespace Broker.Server.Partitions;

/// <summary>
/// The flushes of one partition: one runs at a time, and the next one serves all calls that are made meanwhile. So the appends of many connections, or of many
/// requests of one connection, share an fsync. Any thread may call.
/// </summary>
/// <param name="flush">Flushes all records that are appended before it begins; handles the failures of a disk itself.</param>
internal sealed class GroupCommit(Action flush)
{
    private readonly Lock _lock = new();
    private TaskCompletionSource? _next;
    private bool _isRunning;

    /// <summary>
    /// Flushes on one of the given threads. Completes when a flush that began after this call has ended; fails where <c>flush</c> throws, or where the threads
    /// have been disposed of.
    /// </summary>
    public Task Run(IBlockingWork threads)
    {
        lock (_lock)
        {
            TaskCompletionSource next = _next ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            if (!_isRunning)
            {
                Begin(threads, next);
            }

            return next.Task;
        }
    }

    private void Begin(IBlockingWork threads, TaskCompletionSource next)
    {
        try
        {
            _ = threads.Run(() => RunNext(threads));
            _isRunning = true;
        }
        catch (ObjectDisposedException stopped)
        {
            _next = null;
            _isRunning = false;
            next.SetException(stopped);
        }
    }

    private bool RunNext(IBlockingWork threads)
    {
        TaskCompletionSource served;
        lock (_lock)
        {
            served = _next!;
            _next = null;
        }

        try
        {
            flush();
            served.SetResult();
        }
#pragma warning disable CA1031 // The top of a flush: its callers get the failure.
        catch (Exception failure)
#pragma warning restore CA1031
        {
            served.SetException(failure);
        }

        lock (_lock)
        {
            _isRunning = false;
            if (_next is { } next)
            {
                // The next flush is queued behind those of other partitions.
                Begin(threads, next);
            }
        }

        return true;
    }
}
