using System.Diagnostics.Metrics;

namespace Game.Detector.Assignments;

/// <summary>The histogram of how long decisions take; only every 16th decision is measured.</summary>
internal sealed class DecisionTimes(Meter meter)
{
    private readonly Histogram<double> _histogram = meter.CreateHistogram<double>(
        "detector.decision.duration", "s", "From a consumed value's bytes to the decision, every 16th event.",
        advice: new InstrumentAdvice<double>
        {
            HistogramBucketBoundaries = [1e-6, 2e-6, 4e-6, 8e-6, 16e-6, 32e-6, 64e-6, 128e-6, 256e-6, 512e-6, 1e-3, 2e-3, 4e-3, 8e-3],
        });

    public void Record(TimeSpan duration) => _histogram.Record(duration.TotalSeconds);
}
