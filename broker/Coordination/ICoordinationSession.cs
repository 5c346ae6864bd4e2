namespace Broker.Coordination;

/// <summary>A place that holds a tree of znodes: ZooKeeper's semantics and names.</summary>
public interface ICoordinationService
{
    /// <summary>Opens a session.</summary>
    /// <param name="onState">Called with each change of the session's state, in order with the watches' notices, under the same rule as a
    /// <see cref="Watcher"/>.</param>
    /// <exception cref="IOException">The service does not answer; the message is one sentence that says what does not answer and for how long.</exception>
    ValueTask<ICoordinationSession> OpenSession(Action<SessionState>? onState = null);

    /// <summary>Moves a session from its former owner, which must not use it any more, to this process.</summary>
    /// <returns>The session, with its ephemeral znodes and without its watches; null where it has ended or has another password.</returns>
    /// <exception cref="IOException">As <see cref="OpenSession"/>.</exception>
    ValueTask<ICoordinationSession?> ResumeSession(SessionKey key);
}

/// <summary>What a process must know to resume a session.</summary>
/// <param name="Id">The owner that its ephemeral znodes carry; not 0.</param>
/// <param name="Password">Given by the service; secret, because it lets anyone end the session.</param>
public sealed record SessionKey(long Id, byte[] Password);

/// <summary>
/// One session. Operations take effect in the order of their calls, and are durable when they are answered. May be called from any thread.
/// Errors are values; an operation on an ended session answers <see cref="Code.SessionExpired"/>. Byte arrays handed over or out are not to be changed.
/// </summary>
public interface ICoordinationSession : IAsyncDisposable
{
    /// <summary>Its id and password.</summary>
    SessionKey Key { get; }

    /// <summary>The owner that its ephemeral znodes carry; not 0.</summary>
    long SessionId => Key.Id;

    /// <summary>How long the session lasts without its client, as the service has granted it: perhaps longer than asked for. Zero where the service says
    /// nothing.</summary>
    TimeSpan Timeout => TimeSpan.Zero;

    /// <summary>Where the session stands now.</summary>
    SessionState State { get; }

    /// <summary>Creates a znode below an existing parent.</summary>
    ValueTask<CreateResult> Create(string path, byte[]? data, CreateMode mode = CreateMode.Persistent);

    /// <summary>Sets a znode's data, when its version is <paramref name="version"/> or that is <see cref="Op.AnyVersion"/>.</summary>
    ValueTask<StatResult> SetData(string path, byte[]? data, int version = Op.AnyVersion);

    /// <summary>Deletes a znode without children, under the same rule for the version.</summary>
    ValueTask<Code> Delete(string path, int version = Op.AnyVersion);

    /// <summary>Reads data. Leaves the watcher on an existing znode; it is notified of the next change or deletion.</summary>
    ValueTask<DataResult> GetData(string path, Watcher? watcher = null);

    /// <summary>
    /// Reads the children's names. Leaves the watcher on an existing znode; it is notified of the next child created or deleted, or of the znode's deletion.
    /// </summary>
    ValueTask<ChildrenResult> GetChildren(string path, Watcher? watcher = null);

    /// <summary>Returns whether a znode exists. Leaves the watcher in both cases; it is notified of the next creation, change or deletion.</summary>
    ValueTask<StatResult> Exists(string path, Watcher? watcher = null);

    /// <summary>Does all operations in one transaction, or none.</summary>
    ValueTask<MultiResult> Multi(IReadOnlyList<Op> operations);
}
