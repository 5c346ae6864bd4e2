namespace Broker.Protocol.Records;

/// <summary>
/// Bounds what decompressing batches takes, whoever does it. A compressed batch costs far more than its bytes: a core for as long as it takes, and the memory
/// that it declares. So many are read at once as there are cores, each with the usual 8 MiB; of those that take more (Zstandard's levels from 20 on: up to
/// 128 MiB) one at a time. Who waits blocks its thread. Batches that are not compressed pass. Any thread.
/// </summary>
public sealed class DecompressionBound(int cores) : IDisposable
{
    /// <summary>Beside the one that may take long there is always room for another.</summary>
    private readonly SemaphoreSlim _running = new(Math.Max(cores, 2));
    private readonly SemaphoreSlim _large = new(1);
    private int _waiting;

    /// <summary>Those who wait for their turn now.</summary>
    public int Waiting => Volatile.Read(ref _waiting);

    /// <summary>Waits until a batch may be decompressed; it is, or was, when what this returns is disposed of.</summary>
    /// <param name="batch">From the batch's first byte on; enough of it to see the codec's header.</param>
    /// <param name="cancel">Ends the wait.</param>
    /// <exception cref="OperationCanceledException">Cancelled; nothing is held.</exception>
    public Turn Enter(ReadOnlySpan<byte> batch, CancellationToken cancel = default)
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

        return new Turn(_running, large);
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
    public readonly ref struct Turn
    {
        private readonly SemaphoreSlim? _running;
        private readonly SemaphoreSlim? _large;

        internal Turn(SemaphoreSlim running, SemaphoreSlim? large) => (_running, _large) = (running, large);

        public void Dispose()
        {
            _running?.Release();
            _large?.Release();
        }
    }
}
