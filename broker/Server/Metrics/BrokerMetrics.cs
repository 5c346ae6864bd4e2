using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using System.Text;

namespace Broker.Server.Metrics;

/// <summary>
/// The meter of one broker, on which every area's metrics class creates its instruments, and their measurements as Prometheus' text. Two brokers of one process
/// have a meter each. Any thread.
/// </summary>
internal sealed class BrokerMetrics : IDisposable
{
    public const string MeterName = "Broker";

    private readonly ConcurrentDictionary<string, MetricSeries> _series = new(StringComparer.Ordinal);
    private readonly MeterListener _listener = new();

    /// <summary>One page is made at a time, because it measures anew.</summary>
    private readonly Lock _gate = new();

    /// <param name="brokerId">A tag of the meter, for other listeners of the process.</param>
    public BrokerMetrics(int brokerId)
    {
        Meter = new Meter(new MeterOptions(MeterName) { Scope = this, Tags = [new("broker", brokerId)] });
        _listener.InstrumentPublished = RecordIfOurs;
        _listener.SetMeasurementEventCallback<long>(static (_, value, tags, state) => ((InstrumentRecorder)state!).Record(value, tags));
        _listener.SetMeasurementEventCallback<int>(static (_, value, tags, state) => ((InstrumentRecorder)state!).Record(value, tags));
        _listener.SetMeasurementEventCallback<double>(static (_, value, tags, state) => ((InstrumentRecorder)state!).Record(value, tags));
        _listener.Start();
    }

    /// <summary>The broker's meter.</summary>
    public Meter Meter { get; }

    /// <summary>Everything measured so far, in Prometheus' text form 0.0.4.</summary>
    public string Page()
    {
        lock (_gate)
        {
            MetricSeries[] all = [.. _series.Values.OrderBy(s => s.Name, StringComparer.Ordinal)];
            Array.ForEach(all, series => series.Forget());
            _listener.RecordObservableInstruments();
            StringBuilder page = new();
            Array.ForEach(all, series => series.Write(page));
            return page.ToString();
        }
    }

    public void Dispose()
    {
        _listener.Dispose();
        Meter.Dispose();
    }

    private void RecordIfOurs(Instrument instrument, MeterListener listener)
    {
        if (ReferenceEquals(instrument.Meter.Scope, this))
        {
            MetricSeries series = _series.GetOrAdd(instrument.Name, static (_, first) => new MetricSeries(first), instrument);
            listener.EnableMeasurementEvents(instrument, new InstrumentRecorder(series, instrument));
        }
    }
}
