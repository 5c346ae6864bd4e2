using Broker.Protocol;

namespace Broker.Storage.Logs;

/// <summary>What a read found.</summary>
/// <param name="Error"><see cref="ErrorCode.None"/>, or <see cref="ErrorCode.OffsetOutOfRange"/> for an offset below the log's start or beyond its end.</param>
/// <param name="Slice">The bytes; null where there are none. The caller disposes it.</param>
/// <param name="SegmentBase">Base offset of the segment read.</param>
/// <param name="FirstBatchIsCut">Whether the slice holds less than one whole batch, as <c>maxBytes</c> was smaller.</param>
public readonly record struct ReadResult(ErrorCode Error, LogSlice? Slice, long SegmentBase, bool FirstBatchIsCut)
{
    /// <summary>Its bytes.</summary>
    public int Length => Slice?.Length ?? 0;
}
