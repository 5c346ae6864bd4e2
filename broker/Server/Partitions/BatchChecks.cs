using Broker.Protocol.Records;

namespace Broker.Server.Partitions;

/// <summary>Checks clients' batches within the bound of decompressing. Who waits blocks its thread, inside its place of the <see cref="AppendGate"/>.</summary>
internal readonly record struct BatchChecks(DecompressionBound Bound)
{
    /// <inheritdoc cref="BatchWalker.Validate"/>
    public BatchVerdict Validate(Memory<byte> records, in BatchRules rules)
    {
        using DecompressionBound.Permit permit = Bound.Enter(records.Span);
        return BatchWalker.Validate(records, rules);
    }
}
