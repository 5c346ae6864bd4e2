namespace Broker.Simulation.Tests.Worlds;

/// <summary>
/// One thread, one clock, one seed: everything that a history of a cluster does is an item here, and the seed chooses which one is next. Time stands still
/// while there is work, and then jumps to the next timer.
/// </summary>
internal sealed class World(int seed)
{
    private readonly List<Item> _ready = [];
    private readonly PriorityQueue<Item, (long Due, long Number)> _later = new();
    private readonly int _thread = Environment.CurrentManagedThreadId;
    private long _number;
    private string? _escaped;

    /// <summary>Every process there is or was.</summary>
    public List<Node> Nodes { get; } = [];

    /// <summary>All choices of a history come from here.</summary>
    public Random Random { get; } = new(seed);

    /// <summary>Ticks since the history began.</summary>
    public long Now { get; private set; }

    public TimeSpan Elapsed => TimeSpan.FromTicks(Now);

    /// <summary>Called after every step with the node where it was.</summary>
    public Action<Node> AfterStep { get; set; } = _ => { };

    /// <summary>Items run so far.</summary>
    public long Steps { get; private set; }

    /// <summary>A digest of which items ran when and of the bytes that were sent: equal for equal seeds.</summary>
    public ulong Trace { get; private set; } = 14695981039346656037;

    /// <summary>Makes an item ready, now or later.</summary>
    /// <param name="node">Where it runs; dropped when that has crashed by then.</param>
    /// <param name="delay">From now.</param>
    /// <param name="run">Runs on the node's context.</param>
    /// <returns>The item; it does not run where it is cancelled first.</returns>
    public Item Add(Node node, TimeSpan delay, Action run)
    {
        if (Environment.CurrentManagedThreadId != _thread)
        {
            // Code that has escaped to another thread: the history is not determined by its seed any more.
            _escaped ??= Environment.StackTrace;
            return new Item(node, node.Life, 0, run);
        }

        Item item = new(node, node.Life, ++_number, run);
        if (delay <= TimeSpan.Zero)
        {
            _ready.Add(item);
        }
        else
        {
            _later.Enqueue(item, (Now + delay.Ticks, item.Number));
        }

        return item;
    }

    /// <summary>Makes the items ready again that a paused node kept.</summary>
    public void AddAgain(IEnumerable<Item> items) => _ready.AddRange(items);

    /// <summary>Runs items until a condition holds.</summary>
    /// <returns>False where the time is over first, or nothing is left to run.</returns>
    public bool RunUntil(Func<bool> done, TimeSpan limit)
    {
        long end = Now + limit.Ticks;
        while (!done())
        {
            if (_escaped is not null)
            {
                throw new InvalidOperationException($"Work runs outside of the simulation: {_escaped}");
            }

            if (Now > end || !Step())
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>Adds bytes that were sent to the digest.</summary>
    public void Fold(ReadOnlySpan<byte> sent)
    {
        foreach (byte each in sent)
        {
            Fold(each);
        }
    }

    private void Fold(ulong number) => Trace = (Trace ^ number) * 1099511628211;

    private bool Step()
    {
        while (_ready.Count == 0)
        {
            if (!_later.TryDequeue(out Item? next, out (long Due, long Number) due))
            {
                return false;
            }

            Now = Math.Max(Now, due.Due);
            Ready(next);
            while (_later.TryPeek(out Item? other, out due) && due.Due <= Now)
            {
                _later.Dequeue();
                Ready(other);
            }
        }

        int at = Random.Next(_ready.Count);
        Item item = _ready[at];
        _ready[at] = _ready[^1];
        _ready.RemoveAt(_ready.Count - 1);
        if (item.IsCancelled || item.Life != item.Node.Life)
        {
            return true;
        }

        if (item.Node.IsPaused)
        {
            item.Node.Keep(item);
            return true;
        }

        Steps++;
        Fold((ulong)item.Number);
        Fold((ulong)Now);
        item.Node.Run(item.Action);
        AfterStep(item.Node);
        return true;
    }

    private void Ready(Item item)
    {
        if (!item.IsCancelled)
        {
            _ready.Add(item);
        }
    }

    /// <summary>Work that waits for its turn.</summary>
    internal sealed class Item(Node node, int life, long number, Action action)
    {
        public Node Node => node;

        public int Life => life;

        public long Number => number;

        public Action Action => action;

        public bool IsCancelled { get; set; }
    }
}
