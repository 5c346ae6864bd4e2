namespace Broker.Storage.Files;

/// <summary>Small files read and replaced whole.</summary>
internal static class WholeFiles
{
    /// <summary>A checkpoint of a hundred thousand partitions has some 10 MB; a file far larger is damaged.</summary>
    private const int LargestBytes = 64 * 1024 * 1024;

    /// <summary>The bytes of a file; null where there is none.</summary>
    public static byte[]? Read(IFileSystem disk, string path)
    {
        if (!disk.FileExists(path))
        {
            return null;
        }
        using IOpenFile file = disk.Open(path, FileOpen.Existing);
        long length = file.Length;
        if (length > LargestBytes)
        {
            throw new CorruptFileException(path, $"{length} bytes are more than such a file has");
        }
        byte[] bytes = new byte[length];
        int read = file.Read(0, bytes);
        return read == length ? bytes : bytes[..read];
    }

    /// <summary>Replaces a file atomically: written beside it, renamed over it. With <paramref name="durable"/> both steps are on the disk on return.</summary>
    public static void Replace(IFileSystem disk, string path, ReadOnlySpan<byte> bytes, bool durable)
    {
        string beside = path + ".tmp";
        using (IOpenFile file = disk.Open(beside, FileOpen.OrCreate))
        {
            file.SetLength(0);
            file.Write(0, bytes);
            if (durable)
            {
                file.Sync();
            }
        }
        disk.RenameFile(beside, path);
        if (durable)
        {
            disk.SyncDirectory(Path.GetDirectoryName(path)!);
        }
    }
}
