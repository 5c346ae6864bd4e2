using System.Collections.Concurrent;
using System.Runtime.ExceptionServices;

namespace Broker.Storage.Directories;

/// <summary>Blocking work over many items on a few threads of its own, so that the pool's stay free.</summary>
internal static class BoundedThreads
{
    /// <summary>Runs <paramref name="work"/> for each item; the first failure ends the rest and is thrown.</summary>
    public static void ForEach<T>(IReadOnlyCollection<T> items, int threads, Action<T> work, CancellationToken cancel)
    {
        ConcurrentQueue<T> queue = new(items);
        ConcurrentQueue<Exception> failures = new();
        void Drain()
        {
            try
            {
                while (failures.IsEmpty && queue.TryDequeue(out T? item))
                {
                    cancel.ThrowIfCancellationRequested();
                    work(item);
                }
            }
            catch (Exception failure)
            {
                // The caller's thread throws it.
                failures.Enqueue(failure);
            }
        }
        Thread[] workers = [.. Enumerable.Range(0,
            Math.Clamp(threads, 1, Math.Max(1, items.Count)) - 1).Select(i => new Thread(Drain) { IsBackground = true, Name = $"log loading {i}" })];
        foreach (Thread worker in workers)
        {
            worker.Start();
        }
        Drain();
        foreach (Thread worker in workers)
        {
            worker.Join();
        }
        if (failures.TryDequeue(out Exception? first))
        {
            ExceptionDispatchInfo.Throw(first);
        }
    }
}
