using System.Diagnostics.Metrics;
using Game.HdfsSink.Commits;
using Game.HdfsSink.Consuming;

namespace Game.HdfsSink.Telemetry;

/// <summary>The sink's measurements.</summary>
internal sealed class SinkMetrics
{
    public const string MeterName = "Game.HdfsSink";

    // A small batch takes tens of milliseconds, a full one of a week's hours some seconds, a slow HDFS more.
    private static readonly double[] Seconds = [0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 30, 60];

    private readonly Counter<long> rows;
    private readonly Counter<long> undecodable;
    private readonly Counter<long> files;
    private readonly Counter<long> bytes;
    private readonly Counter<long> commits;
    private readonly Counter<long> lost;
    private readonly Counter<long> restarts;
    private readonly Histogram<double> duration;
    private long heldBytes;

    public SinkMetrics(IMeterFactory meters)
    {
        var meter = meters.Create(MeterName);
        rows = meter.CreateCounter<long>("hdfs_sink.rows", description: "Rows committed");
        undecodable = meter.CreateCounter<long>("hdfs_sink.rows.undecodable", description: "Rows committed whose value is not what the contract says");
        files = meter.CreateCounter<long>("hdfs_sink.files", description: "Data files committed");
        bytes = meter.CreateCounter<long>("hdfs_sink.files.size", "By", "Bytes in the data files committed");
        commits = meter.CreateCounter<long>("hdfs_sink.commits", description: "Commits won");
        lost = meter.CreateCounter<long>("hdfs_sink.commits.lost", description: "Commits given up because another sink had the range");
        restarts = meter.CreateCounter<long>("hdfs_sink.restarts", description: "Sessions that failed and were started anew");
        duration = meter.CreateHistogram<double>("hdfs_sink.commit.duration", "s", "From a batch's turn to its files being in place", advice: new InstrumentAdvice<double> { HistogramBucketBoundaries = Seconds });
        meter.CreateObservableGauge("hdfs_sink.held", () => Interlocked.Read(ref heldBytes), "By", "Bytes of records held in memory");
    }

    public long HeldBytes { set => Interlocked.Exchange(ref heldBytes, value); }

    public void Committed(Completion completion, CommitResult result)
    {
        var topic = new KeyValuePair<string, object?>("topic", completion.Writer.Partition.Topic);
        if (!result.IsOurs)
        {
            lost.Add(1, topic);
            return;
        }

        commits.Add(1, topic);
        rows.Add(result.Rows, topic);
        undecodable.Add(result.Undecodable, topic);
        files.Add(result.Files, topic);
        bytes.Add(result.Bytes, topic);
        duration.Record(completion.Took.TotalSeconds, topic);
    }

    public void Restarted() => restarts.Add(1);
}
