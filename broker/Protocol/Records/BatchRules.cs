namespace Broker.Protocol.Records;

/// <summary>What a partition asks of a client's batch; Kafka's topic settings as values.</summary>
public readonly record struct BatchRules()
{
    /// <summary><c>max.message.bytes</c>: the largest batch as it arrives, compressed.</summary>
    public int MaxMessageBytes { get; init; } = 1_048_588;

    /// <summary><c>cleanup.policy</c> contains compact: every record needs a key.</summary>
    public bool RequireKeys { get; init; }

    /// <summary><c>message.timestamp.type</c>.</summary>
    public TimestampType TimestampType { get; init; } = TimestampType.CreateTime;

    /// <summary><c>message.timestamp.before.max.ms</c>: how far a record's time may lie behind now.</summary>
    public long BeforeMaxMs { get; init; } = long.MaxValue;

    /// <summary><c>message.timestamp.after.max.ms</c>: how far a record's time may lie ahead of now.</summary>
    public long AfterMaxMs { get; init; } = long.MaxValue;

    /// <summary>The broker's wall clock, epoch ms.</summary>
    public long NowMs { get; init; }

    /// <summary>False below Produce version 7, which cannot carry Zstandard (KIP-110).</summary>
    public bool AllowZstd { get; init; } = true;

    /// <summary>The most bytes that the records may decompress to: a small batch must not cost seconds of a core.</summary>
    public long ExpansionLimit { get; init; } = RecordReader.DefaultExpansionLimit;
}

/// <summary>Why one record of a batch was refused.</summary>
/// <param name="Index">The record's place in the batch, from 0.</param>
/// <param name="Message">A sentence for the producer's log.</param>
public readonly record struct RecordError(int Index, string Message);

/// <summary>The walker's verdict on a batch.</summary>
public readonly record struct BatchVerdict()
{
    public ErrorCode Error { get; init; } = ErrorCode.None;

    /// <summary>A sentence for the producer; null when accepted.</summary>
    public string? Message { get; init; }

    /// <summary>The rejected records, at most <see cref="BatchWalker.MaxRecordErrors"/>; empty when the batch is rejected as a whole.</summary>
    public IReadOnlyList<RecordError> RecordErrors { get; init; } = [];

    /// <summary>The accepted batch's header as it now stands in the bytes.</summary>
    public BatchInfo Info { get; init; }

    public bool Accepted => Error == ErrorCode.None;
}
