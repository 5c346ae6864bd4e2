namespace Broker.Coordination.ZooKeeper;

/// <summary>
/// The watches of one session. All calls come from the C client's completion thread, in the server's order: so a watch that an answer leaves gets no notice of
/// a change that came before.
/// </summary>
internal sealed class SessionWatches
{
    private readonly Dictionary<string, List<Watcher>> _data = new(StringComparer.Ordinal);
    private readonly Dictionary<string, List<Watcher>> _children = new(StringComparer.Ordinal);

    /// <summary>Left by get and exists.</summary>
    internal void AddData(string path, Watcher watcher) => Add(_data, path, watcher);

    /// <summary>Left by children.</summary>
    internal void AddChildren(string path, Watcher watcher) => Add(_children, path, watcher);

    /// <summary>Removes the watches that an event triggers. A watcher left twice on a path is notified once.</summary>
    internal IEnumerable<Watcher> Take(WatchedEvent notice) => notice.Type switch
    {
        EventType.NodeCreated or EventType.NodeDataChanged => Take(_data, notice.Path),
        EventType.NodeChildrenChanged => Take(_children, notice.Path),
        EventType.NodeDeleted => Take(_data, notice.Path).Union(Take(_children, notice.Path)),
        _ => [],
    };

    private static void Add(Dictionary<string, List<Watcher>> watches, string path, Watcher watcher)
    {
        if (!watches.TryGetValue(path, out List<Watcher>? here))
        {
            watches[path] = here = [];
        }
        if (!here.Contains(watcher))
        {
            here.Add(watcher);
        }
    }

    private static List<Watcher> Take(Dictionary<string, List<Watcher>> watches, string path) =>
        watches.Remove(path, out List<Watcher>? here) ? here : [];
}
