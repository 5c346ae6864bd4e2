using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using Confluent.Kafka;
using Game.HdfsSink.Commits;

namespace Game.HdfsSink.Telemetry;

/// <summary>The sink's measurements.</summary>
internal sealed class SinkMetrics
{
    public const string MeterName = "Game.HdfsSink";

    // A small batch takes tens of milliseconds; a full batch whose rows lie in all hours of a week takes seconds; a slow HDFS takes longer.
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
        _lost = meter.CreateCounter<long>("hdfs_sink.commits.lost", description: "Commits given up because another sink had committed the range");
        _restarts = meter.CreateCounter<long>("hdfs_sink.restarts", description: "Sessions that failed and were started again");
        _duration = meter.CreateHistogram<double>("hdfs_sink.commit.duration", "s", "From the start of a commit until its files have their final names",
            advice: new InstrumentAdvice<double> { HistogramBucketBoundaries = Seconds });
        meter.CreateObservableGauge("hdfs_sink.lag", () => _lags.Select(Lag), description: "Records between the position and the log's end");
        meter.CreateObservableGauge("hdfs_sink.partitions.refused", () => health.Refused,
            description: "Partitions that the sink does not write until an operator has corrected what the log names");
        meter.CreateObservableGauge("hdfs_sink.held", () => Interlocked.Read(ref _heldBytes), "By", "Bytes of records held in memory");
    }

    public long HeldBytes { set => Interlocked.Exchange(ref _heldBytes, value); }

    /// <summary>Counts the end of a commit.</summary>
    /// <param name="topic">The topic that it belongs to.</param>
    /// <param name="result">How it ended.</param>
    /// <param name="duration">From the start of the commit until its files had their final names.</param>
    public void CountCommit(string topic, CommitResult result, TimeSpan duration)
    {
        KeyValuePair<string, object?> tag = new("topic", topic);
        if (!result.IsWon)
        {
            _lost.Add(1, tag);
            return;
        }

        _commits.Add(1, tag);
        _rows.Add(result.Rows, tag);
        _undecodable.Add(result.Undecodable, tag);
        _files.Add(result.Files, tag);
        _bytes.Add(result.Bytes, tag);
        _duration.Record(duration.TotalSeconds, tag);
    }

    /// <summary>Sets how far a partition's position is behind its log's end, in records.</summary>
    public void SetLag(TopicPartition partition, long records) => _lags[partition] = records;

    /// <summary>Ends the measurement for a partition that this sink no longer reads.</summary>
    public void RemoveLag(TopicPartition partition) => _lags.TryRemove(partition, out _);

    private static Measurement<long> Lag(KeyValuePair<TopicPartition, long> lag) =>
        new(lag.Value, new KeyValuePair<string, object?>("topic", lag.Key.Topic), new KeyValuePair<string, object?>("partition", lag.Key.Partition.Value));

    public void CountRestart() => _restarts.Add(1);
}
