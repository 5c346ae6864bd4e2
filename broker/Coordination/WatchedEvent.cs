namespace Broker.Coordination;

/// <summary>What happened to a watched znode.</summary>
public enum EventType
{
    /// <summary>The znode was created.</summary>
    NodeCreated = 1,

    /// <summary>The znode was deleted.</summary>
    NodeDeleted = 2,

    /// <summary>The znode's data was set.</summary>
    NodeDataChanged = 3,

    /// <summary>A child was created or deleted.</summary>
    NodeChildrenChanged = 4,
}

/// <summary>The one notice that a watch gives.</summary>
public readonly record struct WatchedEvent(EventType Type, string Path);

/// <summary>
/// Called once for each watch it was left with. It runs on coordination's own thread, in the order of the transactions and before the answer
/// to any later operation: it must only hand the notice over (write to a channel), never wait.
/// </summary>
public delegate void Watcher(WatchedEvent notice);

/// <summary>The states of a session.</summary>
public enum SessionState
{
    /// <summary>Operations are served.</summary>
    Connected = 0,

    /// <summary>Out of touch: operations fail with <see cref="Code.ConnectionLoss"/>; ephemeral znodes still live.</summary>
    Disconnected = 1,

    /// <summary>Ended by the service: its ephemeral znodes have been deleted.</summary>
    Expired = 2,

    /// <summary>Ended by its owner.</summary>
    Closed = 3,
}
