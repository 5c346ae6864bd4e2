using Game.Contracts;

namespace Game.GameServer.Memory;

/// <summary>An event that is about to be published.</summary>
/// <param name="Value">The event.</param>
/// <param name="Request">A digest of the part of the request that is not in the event: a login's secret. 0 when there is none, or when it is not known.</param>
internal readonly record struct EventUse(PlayerEvent Value, ulong Request = 0);

/// <summary>
/// Remembers the ids and contents of the last events of the log, of this server and of all others, so that an id that comes again with other content can be
/// refused. Thread-safe.
/// </summary>
/// <param name="content">Hashes contents.</param>
/// <param name="generationSize">At least this many ids are remembered, at most twice as many; about 45 bytes each.</param>
internal sealed class RecentEvents(EventContent content, int generationSize) : IDisposable
{
    private readonly Lock _gate = new();
    private readonly RecentMap<Guid, Seen> _seen = new(generationSize);
    private readonly ThreadLocal<Coder> _coders = new(() => new Coder(), trackAllValues: true);

    public int Count
    {
        get
        {
            lock (_gate)
            {
                return _seen.Count;
            }
        }
    }

    /// <summary>Remembers one login, or both sides of a trade. Returns false, and remembers neither, when an id was used with other content.</summary>
    public bool TryUse(params ReadOnlySpan<EventUse> uses)
    {
        Span<Seen> seen = stackalloc Seen[uses.Length];
        for (int i = 0; i < uses.Length; i++)
        {
            seen[i] = new Seen(HashOf(uses[i].Value), uses[i].Request);
        }

        lock (_gate)
        {
            for (int i = 0; i < uses.Length; i++)
            {
                if (_seen.TryGet(uses[i].Value.EventId, out Seen earlier) && !earlier.IsSame(seen[i]))
                {
                    return false;
                }
            }

            for (int i = 0; i < uses.Length; i++)
            {
                _seen.Set(uses[i].Value.EventId, seen[i]);
            }
        }

        return true;
    }

    /// <summary>Remembers an event that was read from the log. When its id is remembered already, the first content stays.</summary>
    public void Learn(in EventView view)
    {
        Seen seen = new(content.HashOf(view), 0);
        lock (_gate)
        {
            if (!_seen.TryGet(view.EventId, out _))
            {
                _seen.Set(view.EventId, seen);
            }
        }
    }

    public void Dispose()
    {
        foreach (Coder coder in _coders.Values)
        {
            coder.Encoder.Dispose();
        }

        _coders.Dispose();
    }

    // Encodes and decodes the event, so that the same code hashes events that this server makes and events that it reads from the log.
    private ulong HashOf(PlayerEvent value)
    {
        Coder coder = _coders.Value!;
        coder.Decoder.Decode(coder.Encoder.Encode(value), out EventView view);
        return content.HashOf(view);
    }

    private readonly record struct Seen(ulong Content, ulong Request)
    {
        public bool IsSame(Seen other) => Content == other.Content && (Request == other.Request || Request == 0 || other.Request == 0);
    }

    private sealed class Coder
    {
        public EventEncoder Encoder { get; } = new();

        public EventDecoder Decoder { get; } = new();
    }
}
