using Broker.Protocol.Records;

namespace Broker.Server.Partitions;

/// <summary>
/// Checks clients' batches within the bound of decompression. A caller that waits blocks its thread, and counts as an append in the <see cref="AppendGate"/>.
/// </summary>
internal readonly record struct BatchChecks(DecompressionBound Bound)
{
    /// <inheritdoc cref="BatchWalker.Validate"/>
    public BatchVerdict Validate(Memory<byte> records, in BatchRules rules)
    {
        using DecompressionBound.Permit permit = Bound.Enter(records.Span);
        return BatchWalker.Validate(records, rules);
    }
}
