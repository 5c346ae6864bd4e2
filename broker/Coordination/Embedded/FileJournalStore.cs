using System.Runtime.InteropServices;

namespace Broker.Coordination.Embedded;

/// <summary>A journal in a real file, kept open and locked against other processes.</summary>
internal sealed partial class FileJournalStore : IJournalStore
{
    private readonly string _path;
    private readonly string _newPath;
    private FileStream _file;

    internal FileJournalStore(string path)
    {
        _path = Path.GetFullPath(path);
        _newPath = _path + ".tmp";
        Directory.CreateDirectory(Path.GetDirectoryName(_path)!);
        File.Delete(_newPath); // A compaction that a crash interrupted.
        _file = Open(_path, FileMode.OpenOrCreate);
    }

    public byte[] ReadAll()
    {
        var bytes = new byte[_file.Length];
        _file.Position = 0;
        _file.ReadExactly(bytes);
        return bytes;
    }

    public void Append(ReadOnlySpan<byte> bytes)
    {
        _file.Seek(0, SeekOrigin.End);
        _file.Write(bytes);
        _file.Flush(flushToDisk: true);
    }

    public void Truncate(long length)
    {
        _file.SetLength(length);
        _file.Flush(flushToDisk: true);
    }

    public void Replace(ReadOnlySpan<byte> bytes)
    {
        var fresh = Open(_newPath, FileMode.Create);
        try
        {
            fresh.Write(bytes);
            fresh.Flush(flushToDisk: true);
            File.Move(_newPath, _path, overwrite: true);
        }
        catch
        {
            fresh.Dispose();
            throw;
        }

        _file.Dispose();
        _file = fresh;
        FlushDirectory(Path.GetDirectoryName(_path)!);
    }

    public void Dispose() => _file.Dispose();

    private static FileStream Open(string path, FileMode mode) => new(path, mode, FileAccess.ReadWrite, FileShare.None, bufferSize: 0);

    /// <summary>A rename is durable only when its directory is; .NET opens no directories, and Windows needs none of this.</summary>
    private static void FlushDirectory(string directory)
    {
        if (OperatingSystem.IsWindows())
            return;
        var descriptor = OpenDirectory(directory, 0);
        if (descriptor < 0)
            throw new IOException($"{directory} cannot be opened (errno {Marshal.GetLastPInvokeError()})");
        var failed = Fsync(descriptor) != 0;
        var errno = Marshal.GetLastPInvokeError();
        _ = CloseDescriptor(descriptor);
        if (failed)
            throw new IOException($"{directory} cannot be flushed (errno {errno})");
    }

    [LibraryImport("libc", EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int OpenDirectory(string path, int flags);

    [LibraryImport("libc", EntryPoint = "fsync", SetLastError = true)]
    private static partial int Fsync(int descriptor);

    [LibraryImport("libc", EntryPoint = "close", SetLastError = true)]
    private static partial int CloseDescriptor(int descriptor);
}
