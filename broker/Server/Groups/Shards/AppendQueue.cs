using Broker.Protocol;
using Broker.Protocol.Records;
using Broker.Server.Groups.Offsets;
using Broker.Server.Groups.State;

namespace Broker.Server.Groups.Shards;

/// <summary>
/// Appends a shard's batches to its log, in order, on a loop of its own: a stalled disk delays commits and assignments, but no heartbeat. It does not wait for
/// acknowledgements: any number of appends may be pending, each for a request that waits for it.
/// </summary>
/// <param name="log">Where to.</param>
/// <param name="leaderEpoch">The epoch in which the shard's partition is led: asked for when an append begins.</param>
/// <param name="limits">Compression.</param>
/// <param name="loop">Its own.</param>
/// <param name="failed">Called when an append has thrown, which is a bug; its client gets UNKNOWN_SERVER_ERROR.</param>
internal sealed class AppendQueue(IOffsetsLog log, Func<int> leaderEpoch, GroupLimits limits, Mailbox loop, Action<Exception> failed)
{
    /// <summary>Appends; <paramref name="ended"/> is called on any thread, once, when all is acknowledged or something has failed.</summary>
    public void Append(IReadOnlyList<LogRecord> records, long wallMs, Action<ErrorCode, long> ended) => loop.Post(() => _ = Run(records, wallMs, ended));

    private async Task Run(IReadOnlyList<LogRecord> records, long wallMs, Action<ErrorCode, long> ended)
    {
        try
        {
            // Each append is begun before the first wait, so that the loop keeps their order; only the waiting for their ends is left to run.
            int epoch = leaderEpoch();
            List<ValueTask<OffsetsAppended>> appends = [.. Batches(records, wallMs).Select(batch => log.Append(batch, epoch))];
            OffsetsAppended appended = await End(appends);
            ended(appended.Error, appended.BaseOffset);
        }
#pragma warning disable CA1031 // The top of an append: a bug below must not leave its client without an answer.
        catch (Exception failure)
#pragma warning restore CA1031
        {
            failed(failure);
            ended(ErrorCode.UnknownServerError, -1);
        }
    }

    /// <summary>The first error of all, and the first offset.</summary>
    private static async Task<OffsetsAppended> End(List<ValueTask<OffsetsAppended>> appends)
    {
        ErrorCode error = ErrorCode.None;
        long baseOffset = -1;
        foreach (ValueTask<OffsetsAppended> append in appends)
        {
            OffsetsAppended appended = await append;
            if (error == ErrorCode.None)
            {
                error = appended.Error;
            }
            if (baseOffset < 0)
            {
                baseOffset = appended.BaseOffset;
            }
        }

        return new OffsetsAppended(error, baseOffset);
    }

    private IEnumerable<byte[]> Batches(IReadOnlyList<LogRecord> records, long wallMs)
    {
        for (int next = 0; next < records.Count;)
        {
            using RecordBatchBuilder builder = new(new BatchOptions { Compression = limits.Compression });
            do
            {
                builder.Append(wallMs, records[next].Key, records[next].Value);
                next++;
            }
            while (next < records.Count && builder.RecordBytes + SizeOf(records[next]) <= GroupLimits.MaxBatchBytes);

            yield return builder.Build();
        }
    }

    private static int SizeOf(in LogRecord record) => record.Key.Length + (record.Value?.Length ?? 0);
}
