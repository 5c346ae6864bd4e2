using Broker.Coordination;

namespace Broker.Server.Metadata.Znodes;

/// <summary>The broker's one session with coordination; when it expires its owner opens the next.</summary>
internal sealed class ClusterSession(ICoordinationService service) : IAsyncDisposable
{
    private volatile ICoordinationSession? _current;
    private readonly Lock _gate = new();
    private volatile Action<SessionState>[] _subscribers = [];

    /// <summary>The session in use; there is one after <see cref="Open"/>.</summary>
    internal ICoordinationSession Current => _current ?? throw new InvalidOperationException("The session has not been opened");

    /// <summary>The session before the one in use, or 0: this broker may replace its ephemeral znodes.</summary>
    internal long PreviousSessionId { get; private set; }

    /// <summary>Opens the first session, or the next one after an expiry.</summary>
    internal async ValueTask Open()
    {
        PreviousSessionId = _current?.SessionId ?? 0;
        _current = await service.OpenSession(Notify);
    }

    /// <summary>Moves the session of a killed life here; null where it has ended.</summary>
    internal ValueTask<ICoordinationSession?> Resume(SessionKey key) => service.ResumeSession(key);

    /// <summary>Notifies a subscriber of each change of state, in this session and the next ones, under the rule of a <see cref="Watcher"/>.</summary>
    internal void Subscribe(Action<SessionState> changed)
    {
        lock (_gate)
        {
            _subscribers = [.. _subscribers, changed];
        }
    }

    public ValueTask DisposeAsync() => _current?.DisposeAsync() ?? ValueTask.CompletedTask;

    private void Notify(SessionState state)
    {
        foreach (Action<SessionState> subscriber in _subscribers)
        {
            subscriber(state);
        }
    }
}
