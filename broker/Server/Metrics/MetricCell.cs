namespace Broker.Server.Metrics;

/// <summary>The current value of one set of labels. Any thread.</summary>
/// <param name="bounds">How many bounds a histogram's buckets have; 0 for anything else.</param>
internal sealed class MetricCell(int bounds)
{
    private readonly long[] _buckets = bounds == 0 ? [] : new long[bounds + 1];
    private double _value;

    public double Value => Volatile.Read(ref _value);

    public long Bucket(int index) => Volatile.Read(ref _buckets[index]);

    public void Set(double value) => Volatile.Write(ref _value, value);

    public void AddToBucket(double value, int bucket)
    {
        Interlocked.Increment(ref _buckets[bucket]);
        Add(value);
    }

    public void Add(double value)
    {
        double seen = Volatile.Read(ref _value);
        while (true)
        {
            double before = Interlocked.CompareExchange(ref _value, seen + value, seen);
            if (before.Equals(seen))
            {
                return;
            }

            seen = before;
        }
    }
}
