namespace Broker.Storage;

/// <summary>A timestamp and the offset of the record, or in the time index of the end of the batch, that has it.</summary>
/// <param name="TimestampMs">Epoch ms.</param>
/// <param name="Offset">The offset.</param>
public readonly record struct TimestampOffset(long TimestampMs, long Offset);
