using System.Diagnostics.Metrics;

namespace Broker.Server.Metrics;

/// <summary>
/// Records what one instrument measures. The cell of the instrument's own labels is looked up once, so that a measurement without further labels, as every
/// request makes, needs no look-up. The cells of an observable instrument are forgotten before each page, so it keeps none. Any thread.
/// </summary>
internal sealed class InstrumentRecorder(MetricSeries series, Instrument instrument)
{
    private readonly KeyValuePair<string, object?>[] _tags = [.. instrument.Tags ?? []];
    private MetricCell? _own;

    public void Record(double value, ReadOnlySpan<KeyValuePair<string, object?>> tags) =>
        series.Record(tags.IsEmpty && !instrument.IsObservable ? _own ??= series.CellOf(_tags) : series.CellOf([.. _tags, .. tags]), value);
}
