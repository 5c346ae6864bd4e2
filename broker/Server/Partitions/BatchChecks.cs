using Broker.Protocol.Records;

namespace Broker.Server.Partitions;

/// <summary>
/// Checks clients' batches within bounds. A compressed batch costs far more than its bytes: a core for as long as it takes to decompress, and the memory
/// that it declares. So many are checked at once as there are cores, each with the usual 8 MiB; of those that take more (Zstandard's levels from 20 on: up to
/// 128 MiB) one at a time. Who waits blocks its thread, inside its place of the <see cref="AppendGate"/>. Batches that are not compressed pass.
/// </summary>
internal sealed class BatchChecks(int cores) : IDisposable
{
    /// <summary>Beside the one that may take long there is always room for another.</summary>
    private readonly SemaphoreSlim _running = new(Math.Max(cores, 2));
    private readonly Lock _large = new();

    /// <inheritdoc cref="BatchWalker.Validate"/>
    public BatchVerdict Validate(Memory<byte> records, in BatchRules rules)
    {
        long memory = BatchWalker.MemoryFor(records.Span);
        if (memory == 0) return BatchWalker.Validate(records, rules);
        if (memory <= BatchWalker.UsualMemory) return Decompress(records, rules);
        lock (_large) return Decompress(records, rules);
    }

    public void Dispose() => _running.Dispose();

    private BatchVerdict Decompress(Memory<byte> records, in BatchRules rules)
    {
        _running.Wait();
        try
        {
            return BatchWalker.Validate(records, rules);
        }
        finally
        {
            _running.Release();
        }
    }
}
