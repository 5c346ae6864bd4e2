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

            waiter = new Waiter();
            waiter.Place = _waiting.AddLast(waiter);
        }

        return Wait(waiter, cancellation);
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

    private async Task Wait(Waiter waiter, CancellationToken cancellation)
    {
        await using CancellationTokenRegistration registration = cancellation.UnsafeRegister(_ => Cancel(waiter, cancellation), null);
        await waiter.Task;
    }

    private void Cancel(Waiter waiter, CancellationToken cancellation)
    {
        lock (_gate)
        {
            if (waiter.Place.List is null)
            {
                return; // its turn has come
            }

            _waiting.Remove(waiter.Place);
        }

        waiter.SetCanceled(cancellation);
    }

    private sealed class Waiter() : TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously)
    {
        public LinkedListNode<Waiter> Place { get; set; } = null!;
    }
}
