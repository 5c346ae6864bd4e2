using System.Numerics;

namespace Broker.Server.Time;

/// <summary>Gets a call on the wheel's thread when its time-out expires. It must never block.</summary>
internal interface ITimeout
{
    void OnTimeout();
}

/// <summary>
/// All time-outs of a broker on one hashed wheel over the monotonic clock. Scheduling and cancelling are O(1); a time-out is never early and at most one tick
/// late. One timer of the runtime is armed for the next occupied slot, none while nothing is scheduled. Any thread may call.
/// </summary>
internal sealed class TimingWheel : IDisposable
{
    /// <summary>No time-out of the protocol is finer than this: the smallest configured waits are some tens of milliseconds.</summary>
    public static readonly TimeSpan Tick = TimeSpan.FromMilliseconds(5);

    /// <summary>One revolution is 5.12 s: longer than a long poll, so most entries are visited once; a longer one is visited once a revolution.</summary>
    private const int SlotCount = 1024;

    private readonly Lock _lock = new();
    private readonly TimeProvider _time;
    private readonly long _origin;
    private readonly TimerHandle?[] _slots = new TimerHandle?[SlotCount];
    private readonly ulong[] _occupied = new ulong[SlotCount / 64];
    private readonly ITimer _timer;
    private long _passed;
    private long _armedFor = long.MaxValue;
    private bool _running;
    private bool _disposed;

    public TimingWheel(TimeProvider time)
    {
        _time = time;
        _origin = time.GetTimestamp();
        _timer = time.CreateTimer(static wheel => ((TimingWheel)wheel!).Run(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    /// <summary>Time-outs that are waiting.</summary>
    public int Count { get; private set; }

    /// <summary>True while a timer of the runtime is armed.</summary>
    internal bool IsArmed => _armedFor != long.MaxValue;

    /// <param name="delay">From now; zero or less fires at the next tick.</param>
    /// <param name="target">Called once, unless cancelled before.</param>
    public TimerHandle Schedule(TimeSpan delay, ITimeout target)
    {
        TimerHandle handle = new(this, target);
        lock (_lock)
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            TimeSpan due = _time.GetElapsedTime(_origin) + (delay > TimeSpan.Zero ? delay : TimeSpan.Zero);
            handle.DueTick = Math.Max((due.Ticks + Tick.Ticks - 1) / Tick.Ticks, _passed + 1);
            Link(handle);
            if (!_running && handle.DueTick < _armedFor)
            {
                Arm(handle.DueTick);
            }
        }

        return handle;
    }

    /// <inheritdoc cref="Schedule(TimeSpan, ITimeout)"/>
    public TimerHandle Schedule(TimeSpan delay, Action callback) => Schedule(delay, new Callback(callback));

    /// <summary>Discards all time-outs; no target is called any more.</summary>
    public void Dispose()
    {
        lock (_lock)
        {
            _disposed = true;
            _armedFor = long.MaxValue;
        }

        _timer.Dispose();
    }

    /// <summary>False when the time-out has fired or was cancelled before.</summary>
    internal bool Cancel(TimerHandle handle)
    {
        lock (_lock)
        {
            if (!handle.IsLinked)
            {
                return false;
            }

            Unlink(handle);
            if (Count == 0 && IsArmed)
            {
                Disarm();
            }

            return true;
        }
    }

    private void Run()
    {
        TimerHandle? due;
        lock (_lock)
        {
            if (_disposed)
            {
                return;
            }

            _running = true;
            _armedFor = long.MaxValue;
            due = UnlinkDue(_time.GetElapsedTime(_origin).Ticks / Tick.Ticks);
        }

        while (due is not null)
        {
            TimerHandle? next = due.Next;
            due.Next = null;
            due.Fire();
            due = next;
        }

        lock (_lock)
        {
            _running = false;
            if (Count > 0 && !_disposed)
            {
                Arm(NextOccupied());
            }
        }
    }

    /// <summary>Unlinks all time-outs due up to <paramref name="now"/> and returns the first; Next chains them, in slot order.</summary>
    private TimerHandle? UnlinkDue(long now)
    {
        TimerHandle? first = null;
        TimerHandle? last = null;
        long from = Math.Max(_passed + 1, now - SlotCount + 1);
        for (long tick = from; tick <= now; tick++)
        {
            TimerHandle? handle = _slots[tick % SlotCount];
            while (handle is not null)
            {
                TimerHandle? next = handle.Next;
                if (handle.DueTick <= now)
                {
                    Unlink(handle);
                    _ = last is null ? first = handle : last.Next = handle;
                    last = handle;
                }

                handle = next;
            }
        }

        _passed = Math.Max(_passed, now);
        return first;
    }

    /// <summary>The first tick after the passed ones whose slot holds an entry; at most one revolution ahead.</summary>
    private long NextOccupied()
    {
        for (long ahead = 1; ahead <= SlotCount;)
        {
            int slot = (int)((_passed + ahead) % SlotCount);
            ulong word = _occupied[slot / 64] >> (slot % 64);
            if (word != 0)
            {
                return _passed + ahead + BitOperations.TrailingZeroCount(word);
            }

            ahead += 64 - (slot % 64);
        }

        return _passed + SlotCount;
    }

    private void Arm(long tick)
    {
        _armedFor = tick;
        TimeSpan wait = TimeSpan.FromTicks(tick * Tick.Ticks) - _time.GetElapsedTime(_origin);

        // The runtime's timers count whole milliseconds: rounded up, so that no wake-up comes too early to find its entry due.
        _timer.Change(TimeSpan.FromMilliseconds(Math.Max(Math.Ceiling(wait.TotalMilliseconds), 0)), Timeout.InfiniteTimeSpan);
    }

    private void Disarm()
    {
        _armedFor = long.MaxValue;
        _timer.Change(Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    private void Link(TimerHandle handle)
    {
        int slot = (int)(handle.DueTick % SlotCount);
        handle.Next = _slots[slot];
        if (handle.Next is { } next)
        {
            next.Previous = handle;
        }

        _slots[slot] = handle;
        _occupied[slot / 64] |= 1UL << (slot % 64);
        handle.IsLinked = true;
        Count++;
    }

    private void Unlink(TimerHandle handle)
    {
        int slot = (int)(handle.DueTick % SlotCount);
        if (handle.Previous is { } previous)
        {
            previous.Next = handle.Next;
        }
        else
        {
            _slots[slot] = handle.Next;
        }

        if (handle.Next is { } next)
        {
            next.Previous = handle.Previous;
        }

        if (_slots[slot] is null)
        {
            _occupied[slot / 64] &= ~(1UL << (slot % 64));
        }

        handle.Next = null;
        handle.Previous = null;
        handle.IsLinked = false;
        Count--;
    }

    private sealed class Callback(Action action) : ITimeout
    {
        public void OnTimeout() => action();
    }
}

/// <summary>One scheduled time-out.</summary>
internal sealed class TimerHandle
{
    private readonly TimingWheel _wheel;
    private readonly ITimeout _target;

    internal TimerHandle(TimingWheel wheel, ITimeout target) => (_wheel, _target) = (wheel, target);

    internal long DueTick { get; set; }

    internal TimerHandle? Next { get; set; }

    internal TimerHandle? Previous { get; set; }

    internal bool IsLinked { get; set; }

    /// <summary>Removes it from the wheel; false when it has fired (or is about to, on another thread) or was cancelled before. O(1).</summary>
    public bool Cancel() => _wheel.Cancel(this);

    internal void Fire() => _target.OnTimeout();
}
