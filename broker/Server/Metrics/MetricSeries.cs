using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using System.Globalization;
using System.Text;

namespace Broker.Server.Metrics;

/// <summary>Everything measured by one instrument: a running value for each set of labels. Recording is safe from any thread.</summary>
internal sealed class MetricSeries(Instrument instrument)
{
    private static readonly double[] DefaultBounds = [0.001, 0.01, 0.1, 1, 10];

    private readonly ConcurrentDictionary<Labels, Cell> _cells = new();
    private readonly double[] _bounds = instrument is Histogram<double> histogram ? [.. histogram.Advice?.HistogramBucketBoundaries ?? DefaultBounds] : [];

    public Instrument Instrument { get; } = instrument;

    /// <summary>Prometheus' name: dots as underscores, the unit and, for counters, <c>total</c> at the end.</summary>
    public string Name { get; } = instrument.Name.Replace('.', '_') + UnitSuffix(instrument.Unit) + (IsSum(instrument) ? "_total" : "");

    public string Type => _bounds.Length > 0 ? "histogram" : IsSum(Instrument) ? "counter" : "gauge";

    /// <summary>Takes one measurement: sums add up, histograms sort in, gauges are replaced.</summary>
    public void Record(double value, ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        Cell cell = _cells.GetOrAdd(Labels.Of(tags), static (_, buckets) => new Cell(buckets), _bounds.Length);
        if (_bounds.Length > 0)
        {
            cell.Sort(value, BucketOf(value));
        }
        else if (IsAdding(Instrument))
        {
            cell.Add(value);
        }
        else
        {
            cell.Set(value);
        }
    }

    /// <summary>Writes all of it in Prometheus' text form.</summary>
    public void Write(StringBuilder page)
    {
        page.Append("# HELP ").Append(Name).Append(' ').Append(Instrument.Description ?? Instrument.Name).Append('\n');
        page.Append("# TYPE ").Append(Name).Append(' ').Append(Type).Append('\n');
        foreach ((string labels, Cell cell) in _cells.Select(c => (Labels: c.Key.Text, Cell: c.Value)).OrderBy(c => c.Labels, StringComparer.Ordinal))
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

    private static bool IsAdding(Instrument instrument) => instrument is Counter<long> or Counter<double> or UpDownCounter<long> or UpDownCounter<int>;

    private static string UnitSuffix(string? unit) => unit switch { "s" => "_seconds", "By" => "_bytes", _ => "" };

    private int BucketOf(double value)
    {
        int found = Array.BinarySearch(_bounds, value);
        return found >= 0 ? found : ~found;
    }

    private void WriteHistogram(StringBuilder page, string labels, Cell cell)
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

    /// <summary>The running value of one set of labels.</summary>
    private sealed class Cell(int bounds)
    {
        private readonly long[] _buckets = bounds == 0 ? [] : new long[bounds + 1];
        private double _value;

        public double Value => Volatile.Read(ref _value);

        public long Bucket(int index) => Volatile.Read(ref _buckets[index]);

        public void Set(double value) => Volatile.Write(ref _value, value);

        public void Sort(double value, int bucket)
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
}
