using Broker.Server.Requests;

namespace Broker.Server.Network;

/// <summary>
/// The requests of one connection that have been dispatched and not answered, in arrival order: the reading loop adds them, the writing loop takes them out.
/// Enforces the rule that only a Produce may be dispatched behind unanswered Produces.
/// </summary>
internal sealed class ResponseQueue
{
    private readonly Lock _lock = new();
    private readonly Queue<PendingResponse> _waiting = new();
    private readonly Signal _added = new();
    private readonly Signal _answered = new();
    private int _unanswered;
    private int _unansweredNonProduces;
    private bool _ended;
    private volatile bool _hasHeldBack;

    /// <summary>How many are unanswered. Any thread.</summary>
    public int Count
    {
        get
        {
            lock (_lock)
            {
                return _unanswered;
            }
        }
    }

    /// <summary>Whether requests have been added since the last <see cref="Wake"/>.</summary>
    public bool HasHeldBack => _hasHeldBack;

    /// <summary>Waits until a request of this API may be dispatched. For the reading loop.</summary>
    public async ValueTask WaitToDispatch(Api api)
    {
        while (!MayDispatch(api))
        {
            Wake();
            await _answered.Wait();
        }
    }

    /// <summary>Waits until every request has been answered. For the reading loop.</summary>
    public async ValueTask WaitUntilAllAnswered()
    {
        Wake();
        while (Count > 0)
        {
            await _answered.Wait();
        }
    }

    /// <summary>
    /// Adds a dispatched request. The writing loop sees it at the next <see cref="Wake"/>, so that requests that arrive together are answered together.
    /// </summary>
    public void Add(PendingResponse pending)
    {
        lock (_lock)
        {
            _waiting.Enqueue(pending);
            _unanswered++;
            if (!pending.Api.MayRunAhead)
            {
                _unansweredNonProduces++;
            }
        }

        _hasHeldBack = true;
    }

    /// <summary>Wakes the writing loop, which may run inside this call. The reading loop calls it before it waits for anything; any thread.</summary>
    public void Wake()
    {
        _hasHeldBack = false;
        _added.Set();
    }

    /// <summary>No further request will be added.</summary>
    public void End()
    {
        lock (_lock)
        {
            _ended = true;
        }
        Wake();
    }

    /// <summary>
    /// Dequeues the next request to answer, which counts as unanswered until <see cref="NoteAnswered"/>; null after <see cref="End"/> when none is left. For
    /// the writing loop.
    /// </summary>
    public async ValueTask<PendingResponse?> Next()
    {
        while (true)
        {
            lock (_lock)
            {
                if (_waiting.TryDequeue(out PendingResponse next))
                {
                    return next;
                }
                if (_ended)
                {
                    return null;
                }
            }

            await _added.Wait();
        }
    }

    /// <summary>Dequeues the next request if its answer has completed; null otherwise. For the writing loop.</summary>
    public PendingResponse? NextIfReady()
    {
        lock (_lock)
        {
            return _waiting.TryPeek(out PendingResponse next) && next.Response.IsCompleted ? _waiting.Dequeue() : null;
        }
    }

    /// <summary>Counts requests as answered, whether or not their answers could be sent. For the writing loop.</summary>
    public void NoteAnswered(List<PendingResponse> answered)
    {
        lock (_lock)
        {
            _unanswered -= answered.Count;
            foreach (PendingResponse pending in answered)
            {
                if (!pending.Api.MayRunAhead)
                {
                    _unansweredNonProduces--;
                }
            }
        }

        _answered.Set();
    }

    private bool MayDispatch(Api api)
    {
        lock (_lock)
        {
            return _unanswered == 0 || (api.MayRunAhead && _unansweredNonProduces == 0 && _unanswered < NetworkOptions.MaxProducesAhead);
        }
    }
}
