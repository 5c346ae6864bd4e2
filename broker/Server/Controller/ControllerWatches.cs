using System.Collections.Concurrent;
using Broker.Coordination;

namespace Broker.Server.Controller;

/// <summary>
/// The watchers of a controller's terms: one for each thing that is watched, whichever term has left it. So a term that reads everything again leaves no watch
/// twice, and no watch keeps a term that has ended.
/// </summary>
/// <param name="post">Queues an event, which goes to the term of that time and is dropped where there is none.</param>
internal sealed class ControllerWatches(Action<string, Func<ControllerTerm, Task>> post)
{
    private readonly ConcurrentDictionary<(string Name, string What), Watcher> _watchers = new();

    /// <summary>The watcher that queues an event.</summary>
    /// <param name="name">Of the event.</param>
    /// <param name="what">The topic or broker that is watched; empty where the event is of none.</param>
    /// <param name="handle">Handles the event; must not hold a term.</param>
    internal Watcher Of(string name, string what, Func<ControllerTerm, Task> handle) => _watchers.GetOrAdd((name, what), key => notice =>
    {
        if (notice.Type == EventType.NodeDeleted)
        {
            _watchers.TryRemove(key, out Watcher? _);
        }

        post(name, handle);
    });

    /// <summary>The session has ended, and its watches with it.</summary>
    internal void Clear() => _watchers.Clear();
}
