namespace Broker.Storage;

/// <summary>The first offset that a leader of an epoch wrote.</summary>
/// <param name="Epoch">The leader epoch, 0 or more.</param>
/// <param name="StartOffset">The offset of its first record.</param>
public readonly record struct EpochStart(int Epoch, long StartOffset);
