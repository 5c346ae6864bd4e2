using System.Diagnostics.Metrics;

namespace Game.GameServer.Telemetry;

/// <summary>The game server's own metrics. Thread-safe.</summary>
internal sealed class ServerMetrics
{
    public const string MeterName = "Game.GameServer";

    private static readonly KeyValuePair<string, object?> Http = new("transport", "http");
    private static readonly KeyValuePair<string, object?> Stream = new("transport", "stream");

    private readonly Counter<long> _answers;
    private readonly Histogram<double> _acknowledgement;
    private readonly Counter<long> _rebuilds;
    private readonly Counter<long> _followed;
    private readonly UpDownCounter<int> _streams;
    private long _inFlight;

    public ServerMetrics(IMeterFactory meters)
    {
        Meter meter = meters.Create(MeterName);
        _answers = meter.CreateCounter<long>("game_server.answers", "{answer}", "Actions answered, by transport and status.");
        _acknowledgement = meter.CreateHistogram(
            "game_server.acknowledgement.duration", "s", "From handing an action to the producer until its events are acknowledged or given up.",
            advice: new InstrumentAdvice<double>
            {
                HistogramBucketBoundaries = [0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
            });
        _rebuilds = meter.CreateCounter<long>("game_server.producer.rebuilds", "{producer}", "Producers replaced after a fatal error.");
        _followed = meter.CreateCounter<long>("game_server.followed", "{record}", "Records of all game servers that this one has read from the log.");
        _streams = meter.CreateUpDownCounter<int>("game_server.streams", "{connection}", "WebSocket streams open now.");
        meter.CreateObservableGauge("game_server.unsettled", () => Interlocked.Read(ref _inFlight), "{action}",
            "Actions whose events are not all acknowledged or given up yet.");
    }

    /// <summary>Actions whose events are not all acknowledged or given up yet.</summary>
    public long InFlight => Interlocked.Read(ref _inFlight);

    public void Published() => Interlocked.Increment(ref _inFlight);

    public void Completed(TimeSpan took)
    {
        Interlocked.Decrement(ref _inFlight);
        _acknowledgement.Record(took.TotalSeconds);
    }

    public void AnsweredOverHttp(int status) => _answers.Add(1, Http, new("status", status));

    public void AnsweredOnStream(int status) => _answers.Add(1, Stream, new("status", status));

    public void ProducerRebuilt() => _rebuilds.Add(1);

    public void Followed() => _followed.Add(1);

    public void StreamOpened() => _streams.Add(1);

    public void StreamClosed() => _streams.Add(-1);
}
