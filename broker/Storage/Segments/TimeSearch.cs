using Broker.Protocol.Records;

namespace Broker.Storage.Segments;

/// <summary>A search for the first record of a time.</summary>
/// <param name="TimestampMs">At least, epoch ms.</param>
/// <param name="Start">Offsets below do not count.</param>
/// <param name="Bound">What decompressing may take.</param>
/// <param name="Cancel">Ends it.</param>
internal readonly record struct TimeSearch(long TimestampMs, long Start, DecompressionBound Bound, CancellationToken Cancel);
