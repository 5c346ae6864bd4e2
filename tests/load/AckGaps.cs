using System.Diagnostics;

namespace Load;

/// <summary>The longest time in which a partition of a topic acknowledged nothing, while producers send to all of them. Thread-safe.</summary>
public sealed class AckGaps(int partitions)
{
    private readonly Lock _gate = new();
    private readonly long[] _last = [.. Enumerable.Repeat(Stopwatch.GetTimestamp(), partitions)];
    private TimeSpan _longest;

    public void Note(int partition)
    {
        lock (_gate)
        {
            Close(partition, Stopwatch.GetTimestamp());
        }
    }

    /// <summary>The longest time since the last call, gaps that go on included.</summary>
    public TimeSpan Take()
    {
        lock (_gate)
        {
            long now = Stopwatch.GetTimestamp();
            TimeSpan longest = _last.Select(last => Stopwatch.GetElapsedTime(last, now)).Append(_longest).Max();
            _longest = TimeSpan.Zero;
            return longest;
        }
    }

    private void Close(int partition, long now)
    {
        TimeSpan gap = Stopwatch.GetElapsedTime(_last[partition], now);
        _longest = gap > _longest ? gap : _longest;
        _last[partition] = now;
    }
}
