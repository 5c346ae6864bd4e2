using System.Collections.Immutable;
using Broker.Coordination;

namespace Broker.Server.Metadata.Znodes;

/// <summary>The broker's one session with coordination; when it expires its owner opens the next.</summary>
internal sealed class ClusterSession(ICoordinationService service) : IAsyncDisposable
{
    private volatile ICoordinationSession? _current;
    private volatile ImmutableHashSet<long> _former = [];
    private readonly Lock _gate = new();
    private volatile Action<SessionState>[] _subscribers = [];
    private TaskCompletionSource _changed = NewChange();

    /// <summary>The session in use; there is one after <see cref="Open"/>.</summary>
    internal ICoordinationSession Current => _current ?? throw new InvalidOperationException("The session has not been opened");

    /// <summary>Whether this broker had a session before the one in use: it may replace that session's ephemeral znodes.</summary>
    internal bool HasHad(long sessionId) => _former.Contains(sessionId);

    /// <summary>Completes with the next change of the session's state.</summary>
    internal Task Changed => Volatile.Read(ref _changed).Task;

    /// <summary>Opens the first session, or the next one after an expiry.</summary>
    internal async ValueTask Open()
    {
        _former = _current is { } former ? _former.Add(former.SessionId) : _former;
        _current = await service.OpenSession(Notify);
    }

    /// <summary>
    /// Does a step that may be repeated. Where coordination is cut off meanwhile, the step begins again when the session is connected again, or in the next
    /// session where it has expired.
    /// </summary>
    /// <exception cref="IOException">The next session cannot be opened.</exception>
    internal async Task Persist(Func<Task> step)
    {
        while (true)
        {
            Task changed = Changed;
            try
            {
                await step();
                return;
            }
            catch (CoordinationLostException lost) when (lost.IsCutOff)
            {
                await Restore(changed);
            }
        }
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

    private static TaskCompletionSource NewChange() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <param name="changed">Ends with the first change of state since the failed step began.</param>
    private async Task Restore(Task changed)
    {
        switch (Current.State)
        {
            case SessionState.Expired: await Open(); break;
            case SessionState.Disconnected: await changed; break;
            case SessionState.Connected: break;
            case SessionState.Closed: throw new ObjectDisposedException(nameof(ClusterSession));
        }
    }

    private void Notify(SessionState state)
    {
        Interlocked.Exchange(ref _changed, NewChange()).TrySetResult();
        foreach (Action<SessionState> subscriber in _subscribers)
        {
            subscriber(state);
        }
    }
}
