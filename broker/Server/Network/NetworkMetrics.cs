using System.Diagnostics.Metrics;
using Broker.Server.Requests;

namespace Broker.Server.Network;

/// <summary>The network's and the requests' metrics. Any thread.</summary>
internal sealed class NetworkMetrics
{
    /// <summary>A produce into the page cache takes tens of microseconds, a long poll seconds.</summary>
    private static readonly InstrumentAdvice<double> LatencyBuckets = new()
    {
        HistogramBucketBoundaries = [0.00005, 0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
    };

    private readonly Histogram<double>[] _latencies;
    private readonly Counter<long> _received;
    private readonly Counter<long> _sent;
    private readonly Counter<long> _malformed;
    private readonly Counter<long> _accepted;
    private readonly Counter<long> _refused;

    /// <param name="meter">The broker's.</param>
    /// <param name="apis">The APIs that are served: each is a label's value.</param>
    /// <param name="connections">Gives the number of connections.</param>
    public NetworkMetrics(Meter meter, IEnumerable<Api> apis, Func<int> connections)
    {
        _received = meter.CreateCounter<long>("broker.network.received", "By", "Bytes of requests");
        _sent = meter.CreateCounter<long>("broker.network.sent", "By", "Bytes of responses");
        _malformed = meter.CreateCounter<long>("broker.network.violations", unit: null, "Connections closed because the peer violated the protocol");
        _accepted = meter.CreateCounter<long>("broker.connections.accepted", unit: null, "Connections accepted");
        _refused = meter.CreateCounter<long>("broker.connections.refused", unit: null, "Connections closed at once because of a limit");
        meter.CreateObservableGauge("broker.connections", connections, unit: null, "Open connections");
        Api[] all = [.. apis];
        _latencies = new Histogram<double>[all.Length == 0 ? 0 : all.Max(api => (short)api.Key) + 1];
        foreach (Api api in all)
        {
            _latencies[(short)api.Key] = meter.CreateHistogram(
                "broker.request.duration", "s", "From a request's last byte to its answer's last byte", [new("api", api.Key.ToString())], LatencyBuckets);
        }
    }

    public void Received(int bytes) => _received.Add(bytes);

    public void Sent(int bytes) => _sent.Add(bytes);

    public void Malformed() => _malformed.Add(1);

    public void Accepted() => _accepted.Add(1);

    public void Refused() => _refused.Add(1);

    public void Answered(Api api, long arrivedAt, TimeProvider time) => _latencies[(short)api.Key].Record(time.GetElapsedTime(arrivedAt).TotalSeconds);
}
