using Broker.Server.Apis;

namespace Broker.Server.Network;

/// <summary>
/// The requests of one connection that have been dispatched and not answered, in arrival order: where the reading loop hands over to the writing loop,
/// and where it waits for its turn. Holds the rule that only a Produce may be dispatched behind unanswered Produces.
/// </summary>
internal sealed class ResponseQueue
{
    private readonly Lock _lock = new();
    private readonly Queue<PendingResponse> _unanswered = new();
    private readonly Signal _added = new();
    private readonly Signal _answered = new();
    private int _notRunningAhead;
    private bool _ended;

    /// <summary>How many are unanswered. Any thread.</summary>
    public int Count
    {
        get
        {
            lock (_lock) return _unanswered.Count;
        }
    }

    /// <summary>Completes when the next request, of this kind, may be dispatched. For the reading loop.</summary>
    public async ValueTask Turn(Api api)
    {
        while (!MayDispatch(api)) await _answered.Wait();
    }

    /// <summary>Completes when everything has been answered. For the reading loop.</summary>
    public async ValueTask AllAnswered()
    {
        while (Count > 0) await _answered.Wait();
    }

    /// <summary>Hands a dispatched request to the writing loop, which may run inside this call.</summary>
    public void Add(PendingResponse pending)
    {
        lock (_lock)
        {
            _unanswered.Enqueue(pending);
            if (!pending.Api.MayRunAhead) _notRunningAhead++;
        }

        _added.Set();
    }

    /// <summary>No further request will be added.</summary>
    public void End()
    {
        lock (_lock) _ended = true;
        _added.Set();
    }

    /// <summary>The oldest unanswered request, which stays so until <see cref="Answered"/>; null when there will be no more. For the writing loop.</summary>
    public async ValueTask<PendingResponse?> Oldest()
    {
        while (true)
        {
            lock (_lock)
            {
                if (_unanswered.TryPeek(out PendingResponse? oldest)) return oldest;
                if (_ended) return null;
            }

            await _added.Wait();
        }
    }

    /// <summary>The oldest request's answer has left, or will never. For the writing loop.</summary>
    public void Answered()
    {
        lock (_lock)
        {
            if (!_unanswered.Dequeue().Api.MayRunAhead) _notRunningAhead--;
        }

        _answered.Set();
    }

    private bool MayDispatch(Api api)
    {
        lock (_lock)
        {
            return _unanswered.Count == 0 || (api.MayRunAhead && _notRunningAhead == 0 && _unanswered.Count < NetworkOptions.MaxProducesAhead);
        }
    }
}
