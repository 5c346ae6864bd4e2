using System.Threading.Channels;
using Confluent.Kafka;
using Game.HdfsSink.Commits;
using Game.HdfsSink.Rows;

namespace Game.HdfsSink.Consuming;

/// <summary>The end of one batch: committed, given up (another sink has the range), or failed.</summary>
internal sealed record Completion(PartitionWriter Writer, RecordBatch Batch, CommitResult? Result, Exception? Error, TimeSpan Took);

/// <summary>
/// One partition: collects records into batches on the consumer's thread, and commits the batches one after the other on the pool.
/// All but <see cref="RunAsync"/> is called by the consumer's thread.
/// </summary>
internal sealed class PartitionWriter(TopicPartition partition, long position, SinkSettings settings, TimeProvider time)
{
    // bounded by the session's memory budget
    private readonly Channel<(int Generation, RecordBatch Batch)> _queue = Channel.CreateUnbounded<(int, RecordBatch)>();
    private List<RawRecord> _records = [];
    private long _first = position;
    private long _next = position;
    private long _bytes;
    private long _startedAt;
    private int _generation;

    public TopicPartition Partition => partition;

    /// <summary>The position after the last record taken.</summary>
    public long Position => _next;

    /// <summary>Bytes in the batch that is being filled.</summary>
    public long FillingBytes => _bytes;

    /// <summary>Batches handed over whose completion was not yet seen.</summary>
    public int Underway { get; private set; }

    /// <summary>The worker's end.</summary>
    public Task Finished { get; private set; } = Task.CompletedTask;

    public void Start(Committer committer, SemaphoreSlim parallel, Action<Completion> done, CancellationToken cancellationToken) =>
        Finished = Task.Run(() => RunAsync(committer, parallel, done, cancellationToken), CancellationToken.None);

    /// <summary>Takes a record; false for one that was already taken.</summary>
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

    /// <summary>There is nothing to read before <paramref name="position"/>: markers or compacted records lay there.</summary>
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

    /// <summary>Hands the batch over for committing, if it holds any position.</summary>
    public void Rotate()
    {
        if (_next == _first)
        {
            return;
        }
        _queue.Writer.TryWrite((_generation, new RecordBatch(_first, _next, _records, _bytes)));
        Underway++;
        (_records, _first, _bytes) = ([], _next, 0);
    }

    public void Complete() => Underway--;

    /// <summary>Drops what was collected and begins anew at <paramref name="position"/>. Returns the bytes dropped.</summary>
    public long ResetTo(long position)
    {
        long dropped = _bytes;
        (_records, _first, _next, _bytes) = ([], position, position, 0);
        _generation++;
        return dropped;
    }

    /// <summary>No further batches: the worker ends after those handed over.</summary>
    public void Close() => _queue.Writer.TryComplete();

    private void StartClock() => _startedAt = _next == _first ? time.GetTimestamp() : _startedAt;

    private async Task RunAsync(Committer committer, SemaphoreSlim parallel, Action<Completion> done, CancellationToken cancellationToken)
    {
        int abandoned = -1;
        bool failed = false;
        await foreach ((int of, RecordBatch batch) in _queue.Reader.ReadAllAsync(CancellationToken.None))
        {
            if (failed || of <= abandoned || cancellationToken.IsCancellationRequested)
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

                // What was read after the lost range began elsewhere; the consumer's thread starts a new generation at the winner's end.
                abandoned = result.IsOurs ? abandoned : of;
                done(new Completion(this, batch, result, null, time.GetElapsedTime(started)));
            }
            catch (Exception e) // the worker's end: whatever it was ends the session, which opens everything anew
            {
                failed = true;
                done(new Completion(this, batch, null, e, time.GetElapsedTime(started)));
            }
        }
    }
}
