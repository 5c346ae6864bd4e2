using System.Threading.Tasks.Sources;

namespace Broker.Server.Network;

/// <summary>
/// Wakes the waiter, or else completes the next wait at once. One waiter at a time. <see cref="Set"/> runs the waiter's continuation on its own thread, so that
/// the thread that reads a request also writes a response that is ready at once.
/// </summary>
internal sealed class Signal : IValueTaskSource
{
    private const int Clear = 0;
    private const int IsSet = 1;
    private const int Waiting = 2;

    private ManualResetValueTaskSourceCore<bool> _source;
    private int _state;

    /// <summary>Completes when <see cref="Set"/> has been called since the last wait.</summary>
    public ValueTask Wait()
    {
        if (Interlocked.CompareExchange(ref _state, Clear, IsSet) == IsSet)
        {
            return ValueTask.CompletedTask;
        }
        _source.Reset();
        if (Interlocked.CompareExchange(ref _state, Waiting, Clear) == Clear)
        {
            return new ValueTask(this, _source.Version);
        }
        Volatile.Write(ref _state, Clear);
        return ValueTask.CompletedTask;
    }

    /// <summary>Any thread; not under a lock that the waiter's continuation needs.</summary>
    public void Set()
    {
        if (Interlocked.CompareExchange(ref _state, IsSet, Clear) != Waiting)
        {
            return;
        }
        if (Interlocked.CompareExchange(ref _state, Clear, Waiting) == Waiting)
        {
            _source.SetResult(true);
        }
    }

    void IValueTaskSource.GetResult(short token) => _source.GetResult(token);

    ValueTaskSourceStatus IValueTaskSource.GetStatus(short token) => _source.GetStatus(token);

    void IValueTaskSource.OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _source.OnCompleted(continuation, state, token, flags);
}
