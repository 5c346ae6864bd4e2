namespace Broker.Storage.Files;

/// <summary>The size of the volume that holds a folder.</summary>
/// <param name="TotalBytes">All of it; -1 where nobody can say.</param>
/// <param name="UsableBytes">What this process may still write; -1 where nobody can say.</param>
public readonly record struct VolumeSpace(long TotalBytes, long UsableBytes)
{
    /// <summary>A disk in memory has no volume.</summary>
    public static readonly VolumeSpace Unknown = new(-1, -1);
}
