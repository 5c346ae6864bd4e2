namespace Broker.Server.Partitions;

/// <summary>
/// The flushes of one partition: one runs at a time, and the next one serves all calls that are made meanwhile. So the appends of many connections, or of many
/// requests of one connection, share an fsync. Any thread may call.
/// </summary>
/// <param name="flush">Flushes all records that are appended before it begins; must not throw.</param>
internal sealed class GroupCommit(Action flush)
{
    private readonly Lock _lock = new();
    private TaskCompletionSource? _next;
    private bool _isRunning;

    /// <summary>Flushes on one of the given threads. Completes when a flush that began after this call has succeeded or failed.</summary>
    public Task Run(ColdWork threads)
    {
        lock (_lock)
        {
            _next ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            if (!_isRunning)
            {
                Begin(threads);
                _isRunning = true;
            }

            return _next.Task;
        }
    }

    private void Begin(ColdWork threads) => _ = threads.Run(() => RunNext(threads));

    private bool RunNext(ColdWork threads)
    {
        TaskCompletionSource served;
        lock (_lock)
        {
            served = _next!;
            _next = null;
        }

        flush();
        served.SetResult();
        lock (_lock)
        {
            // The next flush is queued behind those of other partitions.
            _isRunning = _next is not null;
            if (_isRunning)
            {
                Begin(threads);
            }
        }

        return true;
    }
}
