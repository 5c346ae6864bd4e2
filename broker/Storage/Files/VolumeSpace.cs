namespace Broker.Storage.Files;

/// <summary>The size of the volume that holds a folder.</summary>
/// <param name="TotalBytes">The volume's size; -1 where it is unknown.</param>
/// <param name="UsableBytes">Bytes that this process may still write; -1 where that is unknown.</param>
public readonly record struct VolumeSpace(long TotalBytes, long UsableBytes)
{
    /// <summary>A disk in memory has no volume.</summary>
    public static readonly VolumeSpace Unknown = new(-1, -1);
}
