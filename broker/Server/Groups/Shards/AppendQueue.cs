using Broker.Protocol;
using Broker.Protocol.Records;
using Broker.Server.Groups.Offsets;

namespace Broker.Server.Groups.Shards;

/// <summary>
/// Takes a shard's batches to its log, in order, on a loop of its own: a disk that stalls holds up commits and assignments, but no heartbeat.
/// It does not wait for acknowledgements: any number may be under way, each of a request that waits for it.
/// </summary>
internal sealed class AppendQueue(IOffsetsLog log, GroupLimits limits, Mailbox loop)
{
    /// <summary>Appends; <paramref name="ended"/> is called on any thread, once, when all is acknowledged or something has failed.</summary>
    public void Append(IReadOnlyList<LogRecord> records, long wallMs, Action<ErrorCode, long> ended) => loop.Post(() => Start(records, wallMs, ended));

    private void Start(IReadOnlyList<LogRecord> records, long wallMs, Action<ErrorCode, long> ended)
    {
        // Each append is begun here, in order; only the waiting for its end is left to run.
        List<ValueTask<OffsetsAppended>> appends = [.. Batches(records, wallMs).Select(batch => log.Append(batch))];
        _ = End(appends, ended);
    }

    private static async Task End(List<ValueTask<OffsetsAppended>> appends, Action<ErrorCode, long> ended)
    {
        ErrorCode error = ErrorCode.None;
        long baseOffset = -1;
        foreach (ValueTask<OffsetsAppended> append in appends)
        {
            OffsetsAppended appended = await append;
            if (error == ErrorCode.None) error = appended.Error;
            if (baseOffset < 0) baseOffset = appended.BaseOffset;
        }

        ended(error, baseOffset);
    }

    private IEnumerable<byte[]> Batches(IReadOnlyList<LogRecord> records, long wallMs)
    {
        for (int next = 0; next < records.Count;)
        {
            using var builder = new RecordBatchBuilder(new BatchOptions { Compression = limits.Compression });
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
