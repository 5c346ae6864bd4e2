using System.Diagnostics.Metrics;

namespace Game.GameServer.Telemetry;

/// <summary>The game server's own metrics. Thread-safe.</summary>
internal sealed class ServerMetrics
{
    public const string MeterName = "Game.GameServer";

    private static readonly KeyValuePair<string, object?> Http = new("transport", "http");
    private static readonly KeyValuePair<string, object?> Stream = new("transport", "stream");

    private readonly Counter<long> answers;
    private readonly Histogram<double> acknowledgement;
    private readonly Counter<long> rebuilds;
    private readonly UpDownCounter<int> streams;
    private long unsettled;

    public ServerMetrics(IMeterFactory meters)
    {
        Meter meter = meters.Create(MeterName);
        answers = meter.CreateCounter<long>("game_server.answers", "{answer}", "Actions answered, by transport and status.");
        acknowledgement = meter.CreateHistogram(
            "game_server.acknowledgement.duration", "s", "From handing an action to the producer until its events are acknowledged or given up.",
            advice: new InstrumentAdvice<double> { HistogramBucketBoundaries = [0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10] });
        rebuilds = meter.CreateCounter<long>("game_server.producer.rebuilds", "{producer}", "Producers replaced after a fatal error.");
        streams = meter.CreateUpDownCounter<int>("game_server.streams", "{connection}", "WebSocket streams open now.");
        meter.CreateObservableGauge("game_server.unsettled", () => Interlocked.Read(ref unsettled), "{action}", "Actions published and not yet settled.");
    }

    /// <summary>Actions published and not yet settled.</summary>
    public long Unsettled => Interlocked.Read(ref unsettled);

    public void Published() => Interlocked.Increment(ref unsettled);

    public void Settled(TimeSpan took)
    {
        Interlocked.Decrement(ref unsettled);
        acknowledgement.Record(took.TotalSeconds);
    }

    public void AnsweredOverHttp(int status) => answers.Add(1, Http, new("status", status));

    public void AnsweredOnStream(int status) => answers.Add(1, Stream, new("status", status));

    public void ProducerRebuilt() => rebuilds.Add(1);

    public void StreamOpened() => streams.Add(1);

    public void StreamClosed() => streams.Add(-1);
}
