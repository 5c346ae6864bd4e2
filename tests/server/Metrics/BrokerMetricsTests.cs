using System.Diagnostics.Metrics;
using Broker.Server.Metrics;

namespace Broker.Server.Tests.Metrics;

public sealed class BrokerMetricsTests : IDisposable
{
    private readonly BrokerMetrics _metrics = new(1);

    public void Dispose() => _metrics.Dispose();

    [Fact]
    public void Instruments_of_one_name_are_one_family_with_labels_of_their_own()
    {
        Histogram<double> fetch = Duration("Fetch");
        Histogram<double> produce = Duration("Produce");
        Duration("Metadata");
        fetch.Record(0.5);
        fetch.Record(2);
        produce.Record(0.5);
        string[] lines = Lines("broker_test_duration");
        lines.Count(line => line.StartsWith("# TYPE", StringComparison.Ordinal)).ShouldBe(1);
        lines.ShouldContain("broker_test_duration_seconds_bucket{api=\"Fetch\",le=\"1\"} 1");
        lines.ShouldContain("broker_test_duration_seconds_count{api=\"Fetch\"} 2");
        lines.ShouldContain("broker_test_duration_seconds_sum{api=\"Produce\"} 0.5");
        lines.ShouldNotContain(line => line.Contains("Metadata", StringComparison.Ordinal));
    }

    [Fact]
    public void Labels_of_a_measurement_follow_those_of_its_instrument()
    {
        Counter<long> counter = _metrics.Meter.CreateCounter<long>("broker.test.count", unit: null, description: null, [new("api", "Fetch")]);
        counter.Add(2, new KeyValuePair<string, object?>("error", "none"));
        counter.Add(3, new KeyValuePair<string, object?>("error", "none"));
        Lines("broker_test_count").ShouldContain("broker_test_count_total{api=\"Fetch\",error=\"none\"} 5");
    }

    [Fact]
    public void The_measurements_of_a_request_allocate_nothing()
    {
        Histogram<double> latency = Duration("Fetch");
        Counter<long> bytes = _metrics.Meter.CreateCounter<long>("broker.test.bytes");
        Measure(1);
        long before = GC.GetAllocatedBytesForCurrentThread();
        Measure(1000);
        (GC.GetAllocatedBytesForCurrentThread() - before).ShouldBe(0);

        void Measure(int times)
        {
            for (int i = 0; i < times; i++)
            {
                latency.Record(0.001);
                bytes.Add(100);
            }
        }
    }

    private Histogram<double> Duration(string api) =>
        _metrics.Meter.CreateHistogram("broker.test.duration", "s", "Of a test", [new("api", api)],
        new InstrumentAdvice<double> { HistogramBucketBoundaries = [1, 10] });

    private string[] Lines(string name) => [.. _metrics.Page().Split('\n').Where(line => line.Contains(name, StringComparison.Ordinal))];
}
