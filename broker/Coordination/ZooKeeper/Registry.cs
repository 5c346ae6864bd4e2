using System.Collections.Concurrent;

namespace Broker.Coordination.ZooKeeper;

/// <summary>
/// Objects that C code refers to by number. A number is never used twice, so a call-back that comes after its object was removed finds nothing instead of
/// freed memory. From any thread.
/// </summary>
internal sealed class Registry<T>
    where T : class
{
    private readonly ConcurrentDictionary<nint, T> _objects = new();
    private long _last;

    internal nint Add(T value)
    {
        nint number = (nint)Interlocked.Increment(ref _last);
        _objects[number] = value;
        return number;
    }

    internal T? Find(nint number) => _objects.GetValueOrDefault(number);

    internal T? Remove(nint number) => _objects.TryRemove(number, out T? value) ? value : null;

    /// <summary>Removes all that match.</summary>
    internal List<T> RemoveAll(Func<T, bool> match) =>
        [.. _objects.Where(entry => match(entry.Value)).Select(entry => Remove(entry.Key)).OfType<T>()];
}
