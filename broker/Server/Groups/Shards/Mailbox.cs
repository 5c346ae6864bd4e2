using System.Collections.Concurrent;
using Broker.Server.Groups.State;

namespace Broker.Server.Groups.Shards;

/// <summary>
/// Runs what is posted to it one after the other, in the order of posting, on the pool's threads: an event loop without a thread of its own.
/// What waits in it is bounded by its posters: a connection has one request under way, a group one timer, an append one end. Any thread may post.
/// </summary>
/// <param name="start">Has <see cref="Execute"/> called, usually by the pool.</param>
/// <param name="failed">Told of a turn that threw: a bug; the next turn runs all the same.</param>
internal sealed class Mailbox(Action<IThreadPoolWorkItem> start, Action<Exception> failed) : IThreadPoolWorkItem
{
    private readonly ConcurrentQueue<Action> _turns = new();
    private int _running;

    /// <summary>Starts work on the pool.</summary>
    public static void OnPool(IThreadPoolWorkItem work) => ThreadPool.UnsafeQueueUserWorkItem(work, preferLocal: false);

    public void Post(Action turn)
    {
        _turns.Enqueue(turn);
        StartUnlessRunning();
    }

    /// <summary>Only for whoever starts it.</summary>
    public void Execute()
    {
        for (int i = 0; i < GroupLimits.TurnsInARow && _turns.TryDequeue(out Action? turn); i++)
        {
            Run(turn);
        }
        Volatile.Write(ref _running, 0);

        // Whoever posted between the last look and the line above has found it running.
        if (!_turns.IsEmpty)
        {
            StartUnlessRunning();
        }
    }

    private void StartUnlessRunning()
    {
        if (Interlocked.Exchange(ref _running, 1) == 0)
        {
            start(this);
        }
    }

    private void Run(Action turn)
    {
        try
        {
            turn();
        }
#pragma warning disable CA1031 // The top of the loop: one turn's bug must not end the others' shard.
        catch (Exception failure)
#pragma warning restore CA1031
        {
            failed(failure);
        }
    }
}
