using System.Collections.Concurrent;
using Broker.Server.Groups.State;
using Broker.Server.Scheduling;

namespace Broker.Server.Groups.Shards;

/// <summary>
/// Runs what is posted to it one after the other, in the order of posting, on the pool's threads: an event loop without a thread of its own. What waits in it
/// is bounded by its posters: a connection has one request under way, a group one timer, an append one end. Any thread may post.
/// </summary>
/// <param name="scheduler">Calls <see cref="Execute"/>.</param>
/// <param name="failed">Called when a work item has thrown, which is a bug; the next item still runs.</param>
internal sealed class Mailbox(IScheduler scheduler, Action<Exception> failed) : IThreadPoolWorkItem
{
    private readonly ConcurrentQueue<Action> _items = new();
    private int _running;

    public void Post(Action item)
    {
        _items.Enqueue(item);
        StartUnlessRunning();
    }

    /// <summary>Only the scheduler calls this.</summary>
    public void Execute()
    {
        for (int i = 0; i < GroupLimits.MailboxItemsInARow && _items.TryDequeue(out Action? item); i++)
        {
            Run(item);
        }
        Volatile.Write(ref _running, 0);

        // A caller that posted between the last dequeue and the line above did not start the loop.
        if (!_items.IsEmpty)
        {
            StartUnlessRunning();
        }
    }

    private void StartUnlessRunning()
    {
        if (Interlocked.Exchange(ref _running, 1) == 0)
        {
            scheduler.Post(this);
        }
    }

    private void Run(Action item)
    {
        try
        {
            item();
        }
#pragma warning disable CA1031 // The top of the loop: a bug in one item must not stop the shard.
        catch (Exception failure)
#pragma warning restore CA1031
        {
            failed(failure);
        }
    }
}
