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
    private readonly Channel<(int Generation, RecordBatch Batch)> queue = Channel.CreateUnbounded<(int, RecordBatch)>(); // bounded by the session's memory budget
    private List<RawRecord> records = [];
    private long first = position;
    private long next = position;
    private long bytes;
    private long startedAt;
    private int generation;

    public TopicPartition Partition => partition;

    /// <summary>The position after the last record taken.</summary>
    public long Position => next;

    /// <summary>Bytes in the batch that is being filled.</summary>
    public long FillingBytes => bytes;

    /// <summary>Batches handed over whose completion was not yet seen.</summary>
    public int Underway { get; private set; }

    /// <summary>The worker's end.</summary>
    public Task Finished { get; private set; } = Task.CompletedTask;

    public void Start(Committer committer, SemaphoreSlim parallel, Action<Completion> done, CancellationToken cancellationToken) =>
        Finished = Task.Run(() => RunAsync(committer, parallel, done, cancellationToken), CancellationToken.None);

    /// <summary>Takes a record; false for one that was already taken.</summary>
    public bool Append(in RawRecord record)
    {
        if (record.Offset < next)
            return false;
        StartClock();
        records.Add(record);
        bytes += record.Size;
        next = record.Offset + 1;
        return true;
    }

    /// <summary>There is nothing to read before <paramref name="position"/>: markers or compacted records lay there.</summary>
    public void SkipTo(long position)
    {
        if (position <= next)
            return;
        StartClock();
        next = position;
    }

    public bool IsDue => next > first
        && (records.Count >= settings.RotateRows || bytes >= settings.RotateBytes || time.GetElapsedTime(startedAt) >= settings.RotateAfter);

    /// <summary>Hands the batch over for committing, if it holds any position.</summary>
    public void Rotate()
    {
        if (next == first)
            return;
        queue.Writer.TryWrite((generation, new RecordBatch(first, next, records, bytes)));
        Underway++;
        (records, first, bytes) = ([], next, 0);
    }

    public void Complete() => Underway--;

    /// <summary>Drops what was collected and begins anew at <paramref name="position"/>. Returns the bytes dropped.</summary>
    public long ResetTo(long position)
    {
        long dropped = bytes;
        (records, first, next, bytes) = ([], position, position, 0);
        generation++;
        return dropped;
    }

    /// <summary>No further batches: the worker ends after those handed over.</summary>
    public void Close() => queue.Writer.TryComplete();

    private void StartClock() => startedAt = next == first ? time.GetTimestamp() : startedAt;

    private async Task RunAsync(Committer committer, SemaphoreSlim parallel, Action<Completion> done, CancellationToken cancellationToken)
    {
        int abandoned = -1;
        bool failed = false;
        await foreach (var (of, batch) in queue.Reader.ReadAllAsync(CancellationToken.None))
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
