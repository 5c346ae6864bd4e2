using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;

namespace Game.Detector.Windows;

/// <summary>
/// A player's last 30 events. A value type without references: rings lie in the player table's chunks, and the garbage collector never scans them. Ids and
/// contents lie in arrays of their own, so that looking for a repeat reads a few cache lines.
/// </summary>
internal struct EventRing
{
    /// <summary>The system's window: long enough for a session, small enough that the windows of 100,000 players fit in 200 MB.</summary>
    public const int Capacity = 30;

    private EventSlots _events;
    private IdSlots _ids;
    private ContentSlots _contents;
    private byte _next;
    private byte _count;

    [InlineArray(Capacity)]
    private struct EventSlots
    {
        private WindowEvent _first;
    }

    [InlineArray(Capacity)]
    private struct IdSlots
    {
        private Guid _first;
    }

    [InlineArray(Capacity)]
    private struct ContentSlots
    {
        private ulong _first;
    }

    public readonly int Count => _count;

    /// <summary>The event <paramref name="age"/> steps back: 0 is the newest, <see cref="Count"/> − 1 the oldest.</summary>
    [UnscopedRef]
    public readonly ref readonly WindowEvent FromNewest(int age) => ref _events[SlotOf(age)];

    /// <summary>Adds the newest event; with 30 events in the ring it replaces the oldest.</summary>
    /// <param name="id">Its event id.</param>
    /// <param name="content">The hash of its content, which covers the id (<see cref="Contracts.EventContent"/>).</param>
    /// <param name="value">What the rules read of it.</param>
    public void Push(Guid id, ulong content, in WindowEvent value)
    {
        _events[_next] = value;
        _ids[_next] = id;
        _contents[_next] = content;
        _next = (byte)(_next + 1 == Capacity ? 0 : _next + 1);
        if (_count < Capacity)
        {
            _count++;
        }
    }

    /// <summary>Whether the ring has an event with this id and content.</summary>
    public readonly bool HasContent(ulong content) => ((ReadOnlySpan<ulong>)_contents)[.._count].Contains(content);

    /// <summary>How many steps back the event of this id lies, −1 where there is none.</summary>
    public readonly int AgeOf(Guid id)
    {
        int slot = ((ReadOnlySpan<Guid>)_ids)[.._count].IndexOf(id);
        return slot < 0 ? -1 : (_next - 1 - slot + Capacity) % Capacity;
    }

    private readonly int SlotOf(int age)
    {
        int slot = _next - 1 - age;
        return slot < 0 ? slot + Capacity : slot;
    }
}
