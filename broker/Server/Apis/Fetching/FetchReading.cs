using Broker.Protocol;
using Broker.Protocol.Messages;
using Broker.Server.Partitions;
using Microsoft.Extensions.Logging;

namespace Broker.Server.Apis.Fetching;

/// <summary>What one pass over a fetch's partitions found. Whoever gets it answers with it or disposes it.</summary>
internal sealed class FetchReading : IDisposable
{
    private FetchReading(FetchAnswer[] answers) => Answers = answers;

    /// <summary>In the order of the items.</summary>
    public FetchAnswer[] Answers { get; }

    /// <summary>Bytes of all partitions.</summary>
    public long Bytes { get; private set; }

    /// <summary>An error or a divergence: it is answered without waiting.</summary>
    public bool MustAnswer { get; private set; }

    /// <summary>
    /// Reads each partition in its turn, up to <paramref name="maxBytes"/> in all. The first that has anything gives at least one whole batch, however large.
    /// </summary>
    public static FetchReading Read(FetchItem[] items, int maxBytes, long nowMs, ILogger logger)
    {
        FetchReading reading = new(new FetchAnswer[items.Length]);
        for (int i = 0; i < items.Length; i++)
        {
            int left = (int)Math.Max(0, maxBytes - reading.Bytes);
            FetchAnswer answer = Read(items[i], left, wholeFirstBatch: reading.Bytes == 0, nowMs, logger);
            reading.Answers[i] = answer;
            reading.Bytes += answer.Length;
            reading.MustAnswer |= answer.Error != ErrorCode.None || answer.Diverging is not null;
        }

        return reading;
    }

    /// <summary>Gives back all claims.</summary>
    public void Dispose()
    {
        foreach (FetchAnswer answer in Answers)
        {
            answer.Slice?.Dispose();
        }
    }

    /// <summary>The wire's form; the claims now belong to it.</summary>
    public FetchResponse.PartitionData ToData(int item, int index)
    {
        FetchAnswer answer = Answers[item];
        return new FetchResponse.PartitionData
        {
            PartitionIndex = index,
            ErrorCode = (short)answer.Error,
            HighWatermark = answer.HighWatermark,
            LastStableOffset = answer.LastStableOffset,
            LogStartOffset = answer.LogStartOffset,
            DivergingEpoch = answer.Diverging is { } end ? new() { Epoch = end.Epoch, EndOffset = end.EndOffset } : null,
            AbortedTransactions = answer.Aborted?.Select(a => new FetchResponse.AbortedTransaction { ProducerId = a.ProducerId, FirstOffset = a.FirstOffset }).ToArray(),
            Records = answer.Slice is { } slice ? new LogRecords(slice, answer.IsRecent) : new MemoryRecords(ReadOnlyMemory<byte>.Empty),
        };
    }

    private static FetchAnswer Read(in FetchItem item, int maxBytes, bool wholeFirstBatch, long nowMs, ILogger logger)
    {
        if (item.Error != ErrorCode.None || item.Partition is null)
        {
            return new FetchAnswer(item.Error);
        }

        try
        {
            return item.Partition.Fetch(item.Query, maxBytes, wholeFirstBatch, nowMs);
        }
        catch (IOException failure)
        {
            DataLog.ReadFailed(logger, item.Topic, item.Index, failure);
            return new FetchAnswer(ErrorCode.KafkaStorageError);
        }
    }
}
