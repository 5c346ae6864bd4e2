namespace Broker.Coordination.ZooKeeper;

/// <summary>
/// The watches of one session. All calls come from the C client's completion thread, in the server's order: so a watch that an answer leaves gets no notice of
/// a change that came before.
/// </summary>
internal sealed class SessionWatches
{
    private readonly Dictionary<string, Watched> _data = new(StringComparer.Ordinal);
    private readonly Dictionary<string, Watched> _children = new(StringComparer.Ordinal);

    /// <summary>The paths with a watch left by get or exists, in no order.</summary>
    internal IReadOnlyCollection<string> DataPaths => _data.Keys;

    /// <summary>The paths with a watch left by children, in no order.</summary>
    internal IReadOnlyCollection<string> ChildrenPaths => _children.Keys;

    /// <summary>Left by get and exists.</summary>
    /// <param name="path">The znode.</param>
    /// <param name="watcher">Is notified.</param>
    /// <param name="seen">The znode as the read saw it; null where it was not there.</param>
    internal void AddData(string path, Watcher watcher, Stat? seen) => Add(_data, path, watcher, seen);

    /// <summary>Left by children.</summary>
    internal void AddChildren(string path, Watcher watcher, Stat? seen) => Add(_children, path, watcher, seen);

    /// <summary>Removes the watches that an event triggers. A watcher left twice on a path is notified once.</summary>
    internal IEnumerable<Watcher> Take(WatchedEvent notice) => notice.Type switch
    {
        EventType.NodeCreated or EventType.NodeDataChanged => Take(_data, notice.Path),
        EventType.NodeChildrenChanged => Take(_children, notice.Path),
        EventType.NodeDeleted => Take(_data, notice.Path).Union(Take(_children, notice.Path)),
        _ => [],
    };

    /// <summary>What a watch of get or exists has missed if the znode is now as given (null: not there); null for nothing.</summary>
    internal EventType? MissedOfData(string path, Stat? now) =>
        !_data.TryGetValue(path, out Watched? watched) || watched.Seen?.Mzxid == now?.Mzxid ? null
        : watched.Seen is null ? EventType.NodeCreated
        : now is null ? EventType.NodeDeleted
        : EventType.NodeDataChanged;

    /// <summary>The same for a watch of children.</summary>
    internal EventType? MissedOfChildren(string path, Stat? now) =>
        !_children.TryGetValue(path, out Watched? watched) || watched.Seen?.Pzxid == now?.Pzxid ? null
        : now is null ? EventType.NodeDeleted
        : EventType.NodeChildrenChanged;

    private static void Add(Dictionary<string, Watched> watches, string path, Watcher watcher, Stat? seen)
    {
        List<Watcher> watchers = watches.TryGetValue(path, out Watched? here) ? here.Watchers : [];
        if (!watchers.Contains(watcher))
        {
            watchers.Add(watcher);
        }
        watches[path] = new Watched(watchers, seen);
    }

    private static List<Watcher> Take(Dictionary<string, Watched> watches, string path) =>
        watches.Remove(path, out Watched? here) ? here.Watchers : [];

    private sealed record Watched(List<Watcher> Watchers, Stat? Seen);
}
