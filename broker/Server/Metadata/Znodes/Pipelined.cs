using Broker.Server.Scheduling;

namespace Broker.Server.Metadata.Znodes;

/// <summary>Many requests to coordination, sent before the first is answered: they share its round trips and its flushes to disk.</summary>
internal static class Pipelined
{
    /// <summary>Requests in flight at once: enough to hide a round trip, and far below what a server queues.</summary>
    private const int MaxInFlight = 1000;

    /// <summary>Calls for each item, in their order. The results are in the same order.</summary>
    internal static async Task<IReadOnlyList<TResult>> Run<T, TResult>(IReadOnlyCollection<T> items, Func<T, Task<TResult>> call)
    {
        List<TResult> results = new(items.Count);
        foreach (T[] some in items.Chunk(MaxInFlight))
        {
            results.AddRange(await some.Select(call).AllHere());
        }
        return results;
    }
}
