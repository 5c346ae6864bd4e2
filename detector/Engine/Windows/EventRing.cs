using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;

namespace Game.Detector.Windows;

/// <summary>A player's last 30 events. A value type without references: rings lie in the player table's chunks and the collector never walks them.</summary>
internal struct EventRing
{
    /// <summary>The system's window: enough for a session's rhythm, small enough that 100,000 players' windows fit in 200 MB.</summary>
    public const int Capacity = 30;

    private Slots _slots;
    private byte _next;
    private byte _count;

    [InlineArray(Capacity)]
    private struct Slots
    {
        private WindowEvent _first;
    }

    public readonly int Count => _count;

    /// <summary>The event <paramref name="age"/> steps back: 0 is the newest, <see cref="Count"/> − 1 the oldest.</summary>
    [UnscopedRef]
    public readonly ref readonly WindowEvent FromNewest(int age)
    {
        int slot = _next - 1 - age;
        return ref _slots[slot < 0 ? slot + Capacity : slot];
    }

    public void Push(in WindowEvent value)
    {
        _slots[_next] = value;
        _next = (byte)(_next + 1 == Capacity ? 0 : _next + 1);
        if (_count < Capacity)
        {
            _count++;
        }
    }

    public readonly bool Contains(Guid eventId)
    {
        for (int i = 0; i < _count; i++)
        {
            if (_slots[i].EventId == eventId)
            {
                return true;
            }
        }

        return false;
    }
}
