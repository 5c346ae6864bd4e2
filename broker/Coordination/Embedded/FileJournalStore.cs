using System.Runtime.InteropServices;

namespace Broker.Coordination.Embedded;

/// <summary>A journal in a real file, kept open and locked against other processes.</summary>
internal sealed partial class FileJournalStore : IJournalStore
{
    private readonly string _path;
    private readonly string _newPath;
    private FileStream _file;
    private bool _isRenameDurable = true;

    internal FileJournalStore(string path)
    {
        _path = Path.GetFullPath(path);
        _newPath = _path + ".tmp";
        Directory.CreateDirectory(Path.GetDirectoryName(_path)!);
        Delete(_newPath); // A compaction that a crash interrupted.
        _file = Open(_path, FileMode.OpenOrCreate);
    }

    public byte[] ReadAll()
    {
        byte[] bytes = new byte[_file.Length];
        _file.Position = 0;
        _file.ReadExactly(bytes);
        return bytes;
    }

    public void Append(ReadOnlySpan<byte> bytes)
    {
        if (!_isRenameDurable)
        {
            FlushRename();
        }
        _file.Seek(0, SeekOrigin.End);
        try
        {
            _file.Write(bytes);
        }
        catch (ArgumentOutOfRangeException beyond)
        {
            // .NET reports EFBIG, a file that may not grow further, as a wrong argument. For a journal it means that the disk is full.
            throw new IOException(beyond.Message, beyond);
        }

        _file.Flush(flushToDisk: true);
    }

    public void Truncate(long length)
    {
        _file.SetLength(length);
        _file.Flush(flushToDisk: true);
    }

    public void Replace(ReadOnlySpan<byte> bytes)
    {
        FileStream fresh = Open(_newPath, FileMode.Create);
        try
        {
            fresh.Write(bytes);
            fresh.Flush(flushToDisk: true);
            Move(_newPath, _path);
        }
        catch (Exception failure) when (failure is IOException or ArgumentOutOfRangeException)
        {
            fresh.Dispose();
            Delete(_newPath); // What the disk cannot hold must not fill it.
            throw failure as IOException ?? new IOException(failure.Message, failure);
        }

        _file.Dispose();
        _file = fresh;
        _isRenameDurable = false;
        try
        {
            FlushRename();
        }
        catch (IOException)
        {
            // The rename has happened, and both files hold the same tree; before the next append the folder is synced again.
        }
    }

    public void Dispose() => _file.Dispose();

    private static FileStream Open(string path, FileMode mode) => Do(() => new FileStream(path, mode, FileAccess.ReadWrite, FileShare.None, bufferSize: 0));

    private static void Delete(string path) => Do<object?>(() =>
    {
        File.Delete(path);
        return null;
    });

    private static void Move(string from, string to) => Do<object?>(() =>
    {
        File.Move(from, to, overwrite: true);
        return null;
    });

    /// <summary>Turns .NET's <see cref="UnauthorizedAccessException"/> into an <see cref="IOException"/>, whose message names the path.</summary>
    private static T Do<T>(Func<T> call)
    {
        try
        {
            return call();
        }
        catch (UnauthorizedAccessException refused)
        {
            throw new IOException(refused.Message, refused);
        }
    }

    private void FlushRename()
    {
        FlushDirectory(Path.GetDirectoryName(_path)!);
        _isRenameDurable = true;
    }

    /// <summary>A rename is durable only when its directory is; .NET opens no directories.</summary>
    private static void FlushDirectory(string directory)
    {
        int descriptor = OpenDirectory(directory, 0);
        if (descriptor < 0)
        {
            throw new IOException($"{directory} cannot be opened (errno {Marshal.GetLastPInvokeError()})");
        }
        bool failed = Fsync(descriptor) != 0;
        int errno = Marshal.GetLastPInvokeError();
        _ = CloseDescriptor(descriptor);
        if (failed)
        {
            throw new IOException($"{directory} cannot be flushed (errno {errno})");
        }
    }

    [LibraryImport("libc", EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int OpenDirectory(string path, int flags);

    [LibraryImport("libc", EntryPoint = "fsync", SetLastError = true)]
    private static partial int Fsync(int descriptor);

    [LibraryImport("libc", EntryPoint = "close", SetLastError = true)]
    private static partial int CloseDescriptor(int descriptor);
}
