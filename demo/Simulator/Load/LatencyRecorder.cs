using HdrHistogram;

namespace Game.Simulator.Load;

/// <summary>Percentiles of a latency, in milliseconds.</summary>
public sealed record Percentiles(double P50Ms, double P99Ms, double P999Ms, double MaxMs, long Count)
{
    private const double MicrosPerMs = 1000;

    /// <param name="histogram">
    /// In microseconds. No thread may record into it during the call: the library counts the values while it reads them, and throws when the count has changed.
    /// </param>
    public static Percentiles Of(HistogramBase histogram)
    {
        return histogram.TotalCount == 0
            ? new(0, 0, 0, 0, 0)
            : new(At(50), At(99), At(99.9), histogram.GetMaxValue() / MicrosPerMs, histogram.TotalCount);
        double At(double percentile) => histogram.GetValueAtPercentile(percentile) / MicrosPerMs;
    }
}

/// <summary>Records latencies of up to ten minutes. Any thread may record, without a lock, and any thread may read: a reader gets a copy.</summary>
public sealed class LatencyRecorder
{
    private const long MaxMicros = 600_000_000;
    private const int Digits = 3;
    private readonly Recorder _recorder = new(1, MaxMicros, Digits, static (id, least, most, digits) => new LongConcurrentHistogram(id, least, most, digits));
    private readonly LongHistogram _sum = new(MaxMicros, Digits);
    private readonly Lock _gate = new();
    private HistogramBase? _interval;

    public void Record(TimeSpan latency) => _recorder.RecordValue(Math.Clamp((long)latency.TotalMicroseconds, 1, MaxMicros - 1));

    /// <summary>The percentiles of all latencies that were recorded before the call.</summary>
    public Percentiles Read()
    {
        lock (_gate)
        {
            _interval = _recorder.GetIntervalHistogram(_interval);
            _sum.Add(_interval);
            return Percentiles.Of(_sum);
        }
    }
}
