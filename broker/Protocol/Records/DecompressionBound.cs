namespace Broker.Protocol.Records;

/// <summary>
/// Bounds the memory and the cores that decompressing batches takes, over all callers. A compressed batch costs far more than its bytes: a core for as long as
/// it takes, and the memory that it declares. So many are read at once as there are cores, each with the usual 8 MiB; of those that take more (Zstandard's
/// levels from 20 on: up to 128 MiB) one at a time. A caller that waits blocks its thread. Batches that are not compressed never wait. Any thread.
/// </summary>
public sealed class DecompressionBound(int cores) : IDisposable
{
    /// <summary>At least two, so that one large batch does not block the others.</summary>
    private readonly SemaphoreSlim _running = new(Math.Max(cores, 2));
    private readonly SemaphoreSlim _large = new(1);
    private int _waiting;

    /// <summary>Callers that wait for a permit now.</summary>
    public int Waiting => Volatile.Read(ref _waiting);

    /// <summary>Waits until a batch may be decompressed. The caller disposes of the permit when it has decompressed the batch.</summary>
    /// <param name="batch">From the batch's first byte on; enough of it to see the codec's header.</param>
    /// <param name="cancel">Ends the wait.</param>
    /// <exception cref="OperationCanceledException">Cancelled; nothing is held.</exception>
    public Permit Enter(ReadOnlySpan<byte> batch, CancellationToken cancel = default)
    {
        long memory = BatchWalker.MemoryFor(batch);
        if (memory == 0)
        {
            return default;
        }
        SemaphoreSlim? large = memory > BatchWalker.UsualMemory ? _large : null;
        Interlocked.Increment(ref _waiting);
        try
        {
            large?.Wait(cancel);
            WaitToRun(large, cancel);
        }
        finally
        {
            Interlocked.Decrement(ref _waiting);
        }

        return new Permit(_running, large);
    }

    public void Dispose()
    {
        _running.Dispose();
        _large.Dispose();
    }

    private void WaitToRun(SemaphoreSlim? large, CancellationToken cancel)
    {
        try
        {
            _running.Wait(cancel);
        }
        catch (OperationCanceledException)
        {
            large?.Release();
            throw;
        }
    }

    /// <summary>The right to decompress one batch; given back once.</summary>
    public readonly ref struct Permit
    {
        private readonly SemaphoreSlim? _running;
        private readonly SemaphoreSlim? _large;

        internal Permit(SemaphoreSlim running, SemaphoreSlim? large) => (_running, _large) = (running, large);

        public void Dispose()
        {
            _running?.Release();
            _large?.Release();
        }
    }
}
