namespace Game.WebHdfs;

/// <summary>The NameNodes of one HDFS and which of them answered last. Safe for many threads: a race costs one more try.</summary>
internal sealed class NameNodes(IReadOnlyList<Uri> addresses)
{
    private int _active;

    public int Count => addresses.Count;

    public Uri Active => addresses[Volatile.Read(ref _active)];

    /// <summary>Moves on, unless another thread already did since <paramref name="failed"/> was read.</summary>
    public void MoveOnFrom(Uri failed)
    {
        int current = Volatile.Read(ref _active);
        if (ReferenceEquals(addresses[current], failed))
        {
            Interlocked.CompareExchange(ref _active, (current + 1) % addresses.Count, current);
        }
    }
}
