using System.Numerics;

namespace Broker.Server.Partitions;

/// <summary>Bounds the produces that append to one log directory at once, each of which may block its thread in a write. Any thread.</summary>
internal sealed class AppendGate
{
    /// <summary>As many as there are bits to say which places are taken; far more than keep a disk busy.</summary>
    public const int Places = 64;

    private readonly SemaphoreSlim _room = new(Places);
    private readonly long[] _enteredAt = new long[Places];
    private readonly AppendGates _gates;
    private ulong _taken;

    internal AppendGate(AppendGates gates) => _gates = gates;

    /// <summary>Whether an append is inside.</summary>
    internal bool IsBusy => Volatile.Read(ref _taken) != 0;

    /// <summary>Completes when one more may block, with its place, which <see cref="Leave"/> gives back.</summary>
    public ValueTask<int> Enter(CancellationToken cancellation)
    {
#pragma warning disable VSTHRD103 // With no time to wait it does not block.
        return _room.Wait(0, CancellationToken.None) ? new ValueTask<int>(Take()) : EnterLater(cancellation);
#pragma warning restore VSTHRD103
    }

    public void Leave(int place)
    {
        Volatile.Write(ref _enteredAt[place], 0);
        Interlocked.And(ref _taken, ~(1UL << place));
        _room.Release();
    }

    internal int CountBlocked(long now, TimeProvider time)
    {
        int blocked = 0;
        for (int place = 0; place < Places; place++)
        {
            if (Volatile.Read(ref _enteredAt[place]) is var since and not 0 && time.GetElapsedTime(since, now) >= AppendGates.BlockedAfter) blocked++;
        }

        return blocked;
    }

    private async ValueTask<int> EnterLater(CancellationToken cancellation)
    {
        await _room.WaitAsync(cancellation);
        return Take();
    }

    /// <summary>There is a free place: the semaphore has counted.</summary>
    private int Take()
    {
        ulong seen = Volatile.Read(ref _taken);
        while (true)
        {
            int place = BitOperations.TrailingZeroCount(~seen);
            ulong before = Interlocked.CompareExchange(ref _taken, seen | (1UL << place), seen);
            if (before == seen)
            {
                Volatile.Write(ref _enteredAt[place], _gates.Entering());
                return place;
            }

            seen = before;
        }
    }
}
