namespace Game.WebHdfs;

/// <summary>The NameNodes of one HDFS, and which of them the client asks. Safe for many threads: a race costs one more try.</summary>
internal sealed class NameNodes(IReadOnlyList<Uri> addresses)
{
    private int _active;

    public int Count => addresses.Count;

    public Uri Active => addresses[Volatile.Read(ref _active)];

    /// <summary>Makes the next NameNode active, unless another thread has done so since the caller read <paramref name="failed"/>.</summary>
    public void MoveOnFrom(Uri failed)
    {
        int current = Volatile.Read(ref _active);
        if (ReferenceEquals(addresses[current], failed))
        {
            Interlocked.CompareExchange(ref _active, (current + 1) % addresses.Count, current);
        }
    }
}
