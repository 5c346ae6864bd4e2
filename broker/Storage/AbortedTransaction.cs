namespace Broker.Storage;

/// <summary>A transaction that was aborted.</summary>
/// <param name="ProducerId">Its producer.</param>
/// <param name="FirstOffset">Its first record's offset.</param>
/// <param name="LastOffset">The offset of its marker.</param>
/// <param name="LastStableOffset">The last stable offset once it was complete.</param>
public readonly record struct AbortedTransaction(long ProducerId, long FirstOffset, long LastOffset, long LastStableOffset);
