using System.Threading.Channels;
using Confluent.Kafka;
using Game.HdfsSink.Commits;
using Game.HdfsSink.Rows;

namespace Game.HdfsSink.Consuming;

/// <summary>
/// The end of one batch. It has a result where the sink or another one committed the range, an error where the commit failed, and neither where the worker
/// dropped the batch.
/// </summary>
internal sealed record Completion(PartitionWriter Writer, RecordBatch Batch, CommitResult? Result, Exception? Error, TimeSpan Took);

/// <summary>
/// One partition: collects records into batches on the consumer's thread, and commits the batches one after another on a thread of the pool. The consumer's
/// thread calls all members but <see cref="RunAsync"/>.
/// </summary>
internal sealed class PartitionWriter(TopicPartition partition, long position, SinkSettings settings, TimeProvider time)
{
    // The session's memory budget bounds it.
    private readonly Channel<(int Generation, RecordBatch Batch)> _queue = Channel.CreateUnbounded<(int, RecordBatch)>();
    private List<RawRecord> _records = [];
    private long _first = position;
    private long _next = position;
    private long _bytes;
    private long _startedAt;
    private int _generation;

    public TopicPartition Partition => partition;

    /// <summary>The position after the last record appended.</summary>
    public long Position => _next;

    /// <summary>Bytes in the batch that still grows.</summary>
    public long FillingBytes => _bytes;

    /// <summary>Batches given to the worker whose <see cref="Completion"/> the session has not handled.</summary>
    public int BatchesInFlight { get; private set; }

    /// <summary>Ends when the worker has ended; never fails.</summary>
    public Task Finished { get; private set; } = Task.CompletedTask;

    public void Start(Committer committer, SemaphoreSlim parallel, Action<Completion> done, CancellationToken cancellationToken) =>
        Finished = Task.Run(() => RunAsync(committer, parallel, done, cancellationToken), CancellationToken.None);

    /// <summary>Adds a record to the batch; false for a record that it already had.</summary>
    public bool Append(in RawRecord record)
    {
        if (record.Offset < _next)
        {
            return false;
        }
        StartClock();
        _records.Add(record);
        _bytes += record.Size;
        _next = record.Offset + 1;
        return true;
    }

    /// <summary>Moves the position over offsets without records: markers, or what compaction removed.</summary>
    public void SkipTo(long position)
    {
        if (position <= _next)
        {
            return;
        }
        StartClock();
        _next = position;
    }

    public bool IsDue => _next > _first
        && (_records.Count >= settings.RotateRows || _bytes >= settings.RotateBytes || time.GetElapsedTime(_startedAt) >= settings.RotateAfter);

    /// <summary>Gives the batch to the worker, which commits it, and begins the next batch. Does nothing where the batch covers no position.</summary>
    public void Rotate()
    {
        if (_next == _first)
        {
            return;
        }
        _queue.Writer.TryWrite((_generation, new RecordBatch(_first, _next, _records, _bytes)));
        BatchesInFlight++;
        (_records, _first, _bytes) = ([], _next, 0);
    }

    /// <summary>The session has handled the <see cref="Completion"/> of one batch.</summary>
    public void Complete() => BatchesInFlight--;

    /// <summary>Drops the batch that still grows and continues at <paramref name="position"/>.</summary>
    /// <returns>The bytes dropped.</returns>
    public long ResetTo(long position)
    {
        long dropped = _bytes;
        (_records, _first, _next, _bytes) = ([], position, position, 0);
        _generation++;
        return dropped;
    }

    /// <summary>The worker ends when it has handled the batches that it was given.</summary>
    public void Close() => _queue.Writer.TryComplete();

    private void StartClock() => _startedAt = _next == _first ? time.GetTimestamp() : _startedAt;

    private async Task RunAsync(Committer committer, SemaphoreSlim parallel, Action<Completion> done, CancellationToken cancellationToken)
    {
        int abandoned = -1;
        bool failed = false;
        await foreach ((int generation, RecordBatch batch) in _queue.Reader.ReadAllAsync(CancellationToken.None))
        {
            if (failed || generation <= abandoned || cancellationToken.IsCancellationRequested)
            {
                done(new Completion(this, batch, null, null, default));
                continue;
            }

            long started = time.GetTimestamp();
            try
            {
                await parallel.WaitAsync(cancellationToken);
                CommitResult result;
                try
                {
                    result = await committer.CommitAsync(batch, cancellationToken);
                }
                finally
                {
                    parallel.Release();
                }

                // Batches after a lost range do not begin where the other sink's commit ends: the worker drops them, and the consumer's thread begins a new
                // generation there.
                abandoned = result.IsWon ? abandoned : generation;
                done(new Completion(this, batch, result, null, time.GetElapsedTime(started)));
            }
            catch (Exception e) // the top of the worker: every failure ends the session, and the next session opens all partitions again
            {
                failed = true;
                done(new Completion(this, batch, null, e, time.GetElapsedTime(started)));
            }
        }
    }
}
