using System.Threading.Channels;

namespace Broker.Coordination.Tests;

/// <summary>Keeps what watches and sessions tell.</summary>
public sealed class Notices
{
    private readonly Channel<WatchedEvent> _events = Channel.CreateUnbounded<WatchedEvent>();
    private readonly Channel<SessionState> _states = Channel.CreateUnbounded<SessionState>();

    public bool IsEmpty => !_events.Reader.TryPeek(out _);

    public void Watcher(WatchedEvent notice) => _events.Writer.TryWrite(notice);

    public void OnState(SessionState state) => _states.Writer.TryWrite(state);

    public ValueTask<WatchedEvent> Next() => _events.Reader.ReadAsync(TestContext.Current.CancellationToken);

    /// <summary>The notices so far.</summary>
    public List<WatchedEvent> TakeAll()
    {
        List<WatchedEvent> all = [];
        while (_events.Reader.TryRead(out WatchedEvent notice))
        {
            all.Add(notice);
        }
        return all;
    }

    public ValueTask<SessionState> NextState() => _states.Reader.ReadAsync(TestContext.Current.CancellationToken);

    /// <summary>Waits for a state; a real service may report others before.</summary>
    public async Task StateAsync(SessionState wanted)
    {
        while (await NextState() != wanted)
        {
            // An earlier state.
        }
    }
}
