using Broker.Coordination;

namespace Broker.Server.Metadata.Znodes;

/// <summary>The broker's one session with coordination; when it expires its owner opens the next.</summary>
internal sealed class ClusterSession(ICoordinationService service) : IAsyncDisposable
{
    private volatile ICoordinationSession? _current;

    /// <summary>Raised under the rule of a <see cref="Watcher"/>: only hand over.</summary>
    internal event Action<SessionState>? StateChanged;

    /// <summary>The session in use; there is one after <see cref="Open"/>.</summary>
    internal ICoordinationSession Current => _current ?? throw new InvalidOperationException("The session has not been opened");

    /// <summary>The session before the one in use, or 0: what it left behind may be replaced.</summary>
    internal long PreviousSessionId { get; private set; }

    /// <summary>Opens the first session, or the next one after an expiry.</summary>
    internal async ValueTask Open()
    {
        PreviousSessionId = _current?.SessionId ?? 0;
        _current = await service.OpenSession(state => StateChanged?.Invoke(state));
    }

    public ValueTask DisposeAsync() => _current?.DisposeAsync() ?? ValueTask.CompletedTask;
}
