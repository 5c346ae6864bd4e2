using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;

namespace Game.Detector.Windows;

/// <summary>A player's last 30 events. A value type without references: rings lie in the player table's chunks and the collector never walks them.</summary>
internal struct EventRing
{
    /// <summary>The system's window: enough for a session's rhythm, small enough that 100,000 players' windows fit in 200 MB.</summary>
    public const int Capacity = 30;

    private Slots slots;
    private byte next;
    private byte count;

    [InlineArray(Capacity)]
    private struct Slots
    {
        private WindowEvent first;
    }

    public readonly int Count => count;

    /// <summary>The event <paramref name="age"/> steps back: 0 is the newest, <see cref="Count"/> − 1 the oldest.</summary>
    [UnscopedRef]
    public readonly ref readonly WindowEvent FromNewest(int age)
    {
        int slot = next - 1 - age;
        return ref slots[slot < 0 ? slot + Capacity : slot];
    }

    public void Push(in WindowEvent value)
    {
        slots[next] = value;
        next = (byte)(next + 1 == Capacity ? 0 : next + 1);
        if (count < Capacity)
            count++;
    }

    public readonly bool Contains(Guid eventId)
    {
        for (int i = 0; i < count; i++)
        {
            if (slots[i].EventId == eventId)
                return true;
        }

        return false;
    }
}
