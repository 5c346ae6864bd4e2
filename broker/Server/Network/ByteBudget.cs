namespace Broker.Server.Network;

/// <summary>
/// A number of bytes that all connections share. A caller that asks for more than is free waits; bytes are granted in the order of the calls.
/// </summary>
internal sealed class ByteBudget
{
    private readonly Lock _lock = new();
    private readonly LinkedList<Waiter> _waiting = new();
    private readonly long _total;
    private long _free;

    /// <param name="total">0 or less is no limit.</param>
    public ByteBudget(long total)
    {
        _total = total;
        _free = total;
    }

    /// <summary>Bytes handed out now.</summary>
    public long Reserved
    {
        get
        {
            lock (_lock)
            {
                return _total - _free;
            }
        }
    }

    /// <summary>Callers that wait now.</summary>
    public int Waiting
    {
        get
        {
            lock (_lock)
            {
                return _waiting.Count;
            }
        }
    }

    /// <summary>Reserves the bytes if they are free and no earlier caller waits; false otherwise.</summary>
    public bool TryReserve(long bytes)
    {
        lock (_lock)
        {
            if (_total > 0 && (_waiting.Count > 0 || bytes > _free))
            {
                return false;
            }
            _free -= bytes;
            return true;
        }
    }

    /// <summary>Reserves the bytes, and waits until they are free. <paramref name="bytes"/> must not exceed the whole budget.</summary>
    /// <exception cref="OperationCanceledException">Cancelled before the bytes were granted; nothing is reserved.</exception>
    public async ValueTask Reserve(long bytes, CancellationToken cancellation)
    {
        if (TryReserve(bytes))
        {
            return;
        }
        Waiter waiter = new(bytes);
        Enqueue(waiter);
        using CancellationTokenRegistration registration = cancellation.UnsafeRegister(_ => Cancel(waiter), state: null);
        await waiter.Granted.Task;
    }

    /// <summary>Gives bytes back.</summary>
    public void Release(long bytes)
    {
        lock (_lock)
        {
            _free += bytes;
            GrantInOrder();
        }
    }

    private void Enqueue(Waiter waiter)
    {
        lock (_lock)
        {
            _waiting.AddLast(waiter);
            GrantInOrder();
        }
    }

    private void Cancel(Waiter waiter)
    {
        lock (_lock)
        {
            if (!_waiting.Remove(waiter))
            {
                return;
            }
            GrantInOrder();
        }

        waiter.Granted.TrySetCanceled();
    }

    private void GrantInOrder()
    {
        while (_waiting.First is { } first && first.Value.Bytes <= _free)
        {
            _waiting.RemoveFirst();
            _free -= first.Value.Bytes;
            first.Value.Granted.TrySetResult();
        }
    }

    private sealed record Waiter(long Bytes)
    {
        /// <summary>Runs its continuation on another thread, because it is completed under the lock.</summary>
        public TaskCompletionSource Granted { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
