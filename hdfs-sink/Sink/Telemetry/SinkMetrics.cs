using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using Confluent.Kafka;
using Game.HdfsSink.Commits;
using Game.HdfsSink.Consuming;

namespace Game.HdfsSink.Telemetry;

/// <summary>The sink's measurements.</summary>
internal sealed class SinkMetrics
{
    public const string MeterName = "Game.HdfsSink";

    // A small batch takes tens of milliseconds, a full one of a week's hours some seconds, a slow HDFS more.
    private static readonly double[] Seconds = [0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 30, 60];

    private readonly Counter<long> _rows;
    private readonly Counter<long> _undecodable;
    private readonly Counter<long> _files;
    private readonly Counter<long> _bytes;
    private readonly Counter<long> _commits;
    private readonly Counter<long> _lost;
    private readonly Counter<long> _restarts;
    private readonly Histogram<double> _duration;
    private readonly ConcurrentDictionary<TopicPartition, long> _lags = new();
    private long _heldBytes;

    public SinkMetrics(IMeterFactory meters, SinkHealth health)
    {
        Meter meter = meters.Create(MeterName);
        _rows = meter.CreateCounter<long>("hdfs_sink.rows", description: "Rows committed");
        _undecodable = meter.CreateCounter<long>("hdfs_sink.rows.undecodable", description: "Rows committed whose value is not what the contract says");
        _files = meter.CreateCounter<long>("hdfs_sink.files", description: "Data files committed");
        _bytes = meter.CreateCounter<long>("hdfs_sink.files.size", "By", "Bytes in the data files committed");
        _commits = meter.CreateCounter<long>("hdfs_sink.commits", description: "Commits won");
        _lost = meter.CreateCounter<long>("hdfs_sink.commits.lost", description: "Commits given up because another sink had the range");
        _restarts = meter.CreateCounter<long>("hdfs_sink.restarts", description: "Sessions that failed and were started anew");
        _duration = meter.CreateHistogram<double>("hdfs_sink.commit.duration", "s", "From a batch's turn to its files being in place",
            advice: new InstrumentAdvice<double> { HistogramBucketBoundaries = Seconds });
        meter.CreateObservableGauge("hdfs_sink.lag", () => _lags.Select(Lag),
            description: "Records between the position and the log's end");
        meter.CreateObservableGauge("hdfs_sink.partitions.refused", () => health.Refused,
            description: "Partitions that are not written until a person has mended what the log tells");
        meter.CreateObservableGauge("hdfs_sink.held", () => Interlocked.Read(ref _heldBytes), "By", "Bytes of records held in memory");
    }

    public long HeldBytes { set => Interlocked.Exchange(ref _heldBytes, value); }

    public void Committed(Completion completion, CommitResult result)
    {
        KeyValuePair<string, object?> topic = new("topic", completion.Writer.Partition.Topic);
        if (!result.IsOurs)
        {
            _lost.Add(1, topic);
            return;
        }

        _commits.Add(1, topic);
        _rows.Add(result.Rows, topic);
        _undecodable.Add(result.Undecodable, topic);
        _files.Add(result.Files, topic);
        _bytes.Add(result.Bytes, topic);
        _duration.Record(completion.Took.TotalSeconds, topic);
    }

    /// <summary>How far a partition's position is behind its log's end, in records.</summary>
    public void ShowLag(TopicPartition partition, long records) => _lags[partition] = records;

    /// <summary>The partition is not this sink's any more.</summary>
    public void HideLag(TopicPartition partition) => _lags.TryRemove(partition, out _);

    private static Measurement<long> Lag(KeyValuePair<TopicPartition, long> lag) =>
        new(lag.Value, new KeyValuePair<string, object?>("topic", lag.Key.Topic), new KeyValuePair<string, object?>("partition", lag.Key.Partition.Value));

    public void Restarted() => _restarts.Add(1);
}
