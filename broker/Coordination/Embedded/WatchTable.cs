namespace Broker.Coordination.Embedded;

/// <summary>The watches left by all sessions; used only under the tree's lock.</summary>
internal sealed class WatchTable
{
    private readonly Dictionary<string, HashSet<Watch>> _data = new(StringComparer.Ordinal);
    private readonly Dictionary<string, HashSet<Watch>> _children = new(StringComparer.Ordinal);

    /// <summary>Left by get and exists. A watcher left twice on a path is notified once, as in ZooKeeper.</summary>
    internal void AddData(string path, EmbeddedSession session, Watcher watcher) => Add(_data, path, new Watch(session, watcher));

    /// <summary>Left by children.</summary>
    internal void AddChildren(string path, EmbeddedSession session, Watcher watcher) => Add(_children, path, new Watch(session, watcher));

    /// <summary>Removes the watches that an effect triggers and notifies their watchers.</summary>
    internal void Trigger(Effect effect)
    {
        switch (effect)
        {
            case Effect.Created:
                Notify(RemoveAll(_data, effect.Path), EventType.NodeCreated, effect.Path);
                NotifyParent(effect.Path);
                break;
            case Effect.Changed:
                Notify(RemoveAll(_data, effect.Path), EventType.NodeDataChanged, effect.Path);
                break;
            default:
                HashSet<Watch> watches = RemoveAll(_data, effect.Path) ?? [];
                watches.UnionWith(RemoveAll(_children, effect.Path) ?? []);
                Notify(watches, EventType.NodeDeleted, effect.Path);
                NotifyParent(effect.Path);
                break;
        }
    }

    /// <summary>Forgets the watches of a session that has ended.</summary>
    internal void Forget(EmbeddedSession session)
    {
        Forget(_data, session);
        Forget(_children, session);
    }

    private static void Add(Dictionary<string, HashSet<Watch>> watches, string path, Watch watch)
    {
        if (!watches.TryGetValue(path, out HashSet<Watch>? here))
        {
            watches[path] = here = [];
        }
        here.Add(watch);
    }

    private static HashSet<Watch>? RemoveAll(Dictionary<string, HashSet<Watch>> watches, string path)
        => watches.Remove(path, out HashSet<Watch>? here) ? here : null;

    private static void Notify(HashSet<Watch>? watches, EventType type, string path)
    {
        foreach (Watch watch in watches ?? [])
        {
            watch.Session.Notify(watch.Watcher, new WatchedEvent(type, path));
        }
    }

    private static void Forget(Dictionary<string, HashSet<Watch>> watches, EmbeddedSession session)
    {
        foreach ((string path, HashSet<Watch> here) in watches)
        {
            here.RemoveWhere(watch => watch.Session == session);
            if (here.Count == 0)
            {
                watches.Remove(path);
            }
        }
    }

    private void NotifyParent(string path)
    {
        string parent = ZnodePath.ParentOf(path);
        Notify(RemoveAll(_children, parent), EventType.NodeChildrenChanged, parent);
    }

    private readonly record struct Watch(EmbeddedSession Session, Watcher Watcher);
}
