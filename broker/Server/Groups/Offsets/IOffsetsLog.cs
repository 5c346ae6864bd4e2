using Broker.Protocol;

namespace Broker.Server.Groups.Offsets;

/// <summary>One partition of the topic of committed offsets, as its coordinator needs it.</summary>
internal interface IOffsetsLog
{
    /// <summary>The offset behind the last record.</summary>
    long EndOffset { get; }

    /// <summary>The first offset there is.</summary>
    long StartOffset { get; }

    /// <summary>
    /// Appends one batch, in the order of the calls; completes when it is acknowledged as configured. Errors are values: an append with another leader epoch
    /// than the partition's current one is refused with <see cref="ErrorCode.NotLeaderOrFollower"/>. Blocks on the disk. One caller at a time.
    /// </summary>
    ValueTask<OffsetsAppended> Append(Memory<byte> batch, int leaderEpoch);

    /// <summary>Reads whole batches from an offset on, about <paramref name="maxBytes"/> of them, one at least; empty at the end. Blocks on the disk.</summary>
    /// <exception cref="IOException">The disk fails, or the log is not here (any more).</exception>
    ReadOnlyMemory<byte> Read(long offset, int maxBytes);
}

/// <summary>The end of an append.</summary>
/// <param name="Error"><see cref="ErrorCode.None"/>, or why; a timed out one may be in the log all the same.</param>
/// <param name="BaseOffset">Of the first record; -1 on error.</param>
internal readonly record struct OffsetsAppended(ErrorCode Error, long BaseOffset);
