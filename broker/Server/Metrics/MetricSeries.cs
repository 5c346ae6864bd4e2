using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using System.Globalization;
using System.Text;

namespace Broker.Server.Metrics;

/// <summary>
/// All measurements of one name, by one instrument or by several with labels of their own: a current value for each set of labels. Any thread.
/// </summary>
internal sealed class MetricSeries(Instrument instrument)
{
    private static readonly double[] DefaultBounds = [0.001, 0.01, 0.1, 1, 10];

    private readonly ConcurrentDictionary<Labels, MetricCell> _cells = new();
    private readonly double[] _bounds = instrument is Histogram<double> histogram ? [.. histogram.Advice?.HistogramBucketBoundaries ?? DefaultBounds] : [];
    private readonly bool _adds = instrument is Counter<long> or Counter<double> or UpDownCounter<long> or UpDownCounter<int>;
    private readonly string _help = instrument.Description ?? instrument.Name;

    /// <summary>Prometheus' name: dots as underscores, the unit and, for counters, <c>total</c> at the end.</summary>
    public string Name { get; } = instrument.Name.Replace('.', '_') + UnitSuffix(instrument.Unit) + (IsSum(instrument) ? "_total" : "");

    public string Type { get; } = instrument is Histogram<double> ? "histogram" : IsSum(instrument) ? "counter" : "gauge";

    /// <summary>The current value of a set of labels.</summary>
    public MetricCell CellOf(ReadOnlySpan<KeyValuePair<string, object?>> tags) =>
        _cells.GetOrAdd(Labels.Of(tags), static (_, bounds) => new MetricCell(bounds), _bounds.Length);

    /// <summary>Records one measurement: it is added to a sum, counted in a histogram's bucket, or replaces a gauge's value.</summary>
    public void Record(MetricCell cell, double value)
    {
        if (_bounds.Length > 0)
        {
            cell.AddToBucket(value, BucketOf(value));
        }
        else if (_adds)
        {
            cell.Add(value);
        }
        else
        {
            cell.Set(value);
        }
    }

    /// <summary>Forgets what an observable instrument measured last: labels that it does not measure again are gone.</summary>
    public void Forget()
    {
        if (instrument.IsObservable)
        {
            _cells.Clear();
        }
    }

    /// <summary>Writes all of it in Prometheus' text form.</summary>
    public void Write(StringBuilder page)
    {
        page.Append("# HELP ").Append(Name).Append(' ').Append(_help).Append('\n');
        page.Append("# TYPE ").Append(Name).Append(' ').Append(Type).Append('\n');
        foreach ((string labels, MetricCell cell) in _cells.Select(c => (Labels: c.Key.Text, Cell: c.Value)).OrderBy(c => c.Labels, StringComparer.Ordinal))
        {
            if (_bounds.Length > 0)
            {
                WriteHistogram(page, labels, cell);
            }
            else
            {
                WriteLine(page, Name, labels, cell.Value);
            }
        }
    }

    private static bool IsSum(Instrument instrument) => instrument is Counter<long> or ObservableCounter<long> or Counter<double>;

    private static string UnitSuffix(string? unit) => unit switch { "s" => "_seconds", "By" => "_bytes", _ => "" };

    private int BucketOf(double value)
    {
        int found = Array.BinarySearch(_bounds, value);
        return found >= 0 ? found : ~found;
    }

    private void WriteHistogram(StringBuilder page, string labels, MetricCell cell)
    {
        long below = 0;
        for (int i = 0; i <= _bounds.Length; i++)
        {
            below += cell.Bucket(i);
            string bound = i == _bounds.Length ? "+Inf" : _bounds[i].ToString("R", CultureInfo.InvariantCulture);
            WriteLine(page, Name + "_bucket", labels, below, $"le=\"{bound}\"");
        }

        WriteLine(page, Name + "_sum", labels, cell.Value);
        WriteLine(page, Name + "_count", labels, below);
    }

    private static void WriteLine(StringBuilder page, string name, string labels, double value, string? more = null)
    {
        page.Append(name);
        if (labels.Length > 0 || more is not null)
        {
            page.Append('{').Append(labels).Append(labels.Length > 0 && more is not null ? "," : "").Append(more).Append('}');
        }

        page.Append(' ').Append(value.ToString("R", CultureInfo.InvariantCulture)).Append('\n');
    }

    /// <summary>A set of labels. One label, the usual case, is held as it is, so that looking it up allocates nothing.</summary>
    private readonly record struct Labels(string? Name, string? Value, string? More)
    {
        public string Text => More ?? (Name is null ? "" : One(Name, Value));

        public static Labels Of(ReadOnlySpan<KeyValuePair<string, object?>> tags) => tags.Length switch
        {
            0 => default,
            1 => new Labels(tags[0].Key, tags[0].Value as string ?? tags[0].Value?.ToString(), More: null),
            _ => new Labels(Name: null, Value: null, string.Join(',', tags.ToArray().Select(tag => One(tag.Key, tag.Value?.ToString())))),
        };

        private static string One(string name, string? value) =>
            $"{name}=\"{(value ?? "").Replace("\\", "\\\\").Replace("\"", "\\\"").Replace("\n", "\\n")}\"";
    }
}
