namespace Broker.Storage.Loading;

/// <summary>What the log directory knows of a partition before it is opened.</summary>
/// <param name="Clean">Whether the broker ended cleanly, everything flushed.</param>
/// <param name="RecoveryPoint">Everything below was flushed.</param>
/// <param name="LogStart">The checkpointed log start offset.</param>
/// <param name="HighWatermark">The checkpointed high watermark.</param>
internal readonly record struct LoadHints(bool Clean, long RecoveryPoint, long LogStart, long HighWatermark);
