namespace Broker.Server.Scheduling;

/// <summary>
/// Lets a number of callers in at once, the others in the order in which they came. Unlike the framework's semaphore it never continues a caller on the pool
/// when the caller has a context. Any thread.
/// </summary>
/// <param name="count">How many are in at once.</param>
internal sealed class Turns(int count)
{
    private readonly Lock _gate = new();
    private readonly LinkedList<Waiter> _waiting = new();
    private int _free = count;

    /// <summary>Waits for a turn. Completes at once, and without an allocation, where one is free.</summary>
    public Task Enter(CancellationToken cancellation)
    {
        if (cancellation.IsCancellationRequested)
        {
            return Task.FromCanceled(cancellation);
        }

        Waiter waiter;
        lock (_gate)
        {
            if (_free > 0)
            {
                _free--;
                return Task.CompletedTask;
            }

            waiter = new Waiter(cancellation);
            waiter.Place = _waiting.AddLast(waiter);
        }

        if (cancellation.CanBeCanceled)
        {
            CancellationTokenRegistration registration = cancellation.UnsafeRegister(_ => Cancel(waiter), null);
            _ = waiter.Task.ContinueWith(
                static (_, state) => ((CancellationTokenRegistration)state!).Unregister(), registration, CancellationToken.None,
                TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
        }

        return waiter.Task;
    }

    /// <summary>Ends a turn; called once for each <see cref="Enter"/> that has completed.</summary>
    public void Leave()
    {
        Waiter? next;
        lock (_gate)
        {
            next = _waiting.First?.Value;
            if (next is null)
            {
                _free++;
                return;
            }

            _waiting.RemoveFirst();
        }

        next.SetResult();
    }

    private void Cancel(Waiter waiter)
    {
        lock (_gate)
        {
            if (waiter.Place.List is null)
            {
                return; // its turn has come
            }

            _waiting.Remove(waiter.Place);
        }

        waiter.SetCanceled(waiter.Cancellation);
    }

    private sealed class Waiter(CancellationToken cancellation) : TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously)
    {
        public CancellationToken Cancellation => cancellation;

        public LinkedListNode<Waiter> Place { get; set; } = null!;
    }
}
