using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Broker.Storage.Files;

/// <summary>The disk of this machine. Bytes go to the page cache until synced.</summary>
public sealed class RealFileSystem : IFileSystem
{
    /// <inheritdoc/>
    public IOpenFile Open(string path, FileOpen how)
    {
        FileMode mode = how == FileOpen.Existing ? FileMode.Open : FileMode.OpenOrCreate;
        return Do(() => new RealFile(OpenShared(path, mode)));
    }

    /// <inheritdoc/>
    public bool FileExists(string path) => File.Exists(path);

    /// <inheritdoc/>
    public bool DirectoryExists(string path) => Directory.Exists(path);

    /// <inheritdoc/>
    public IReadOnlyList<FileEntry> List(string path) => Do(() => ListAll(path));

    /// <inheritdoc/>
    public void CreateDirectory(string path) => Do(() => Directory.CreateDirectory(path));

    /// <inheritdoc/>
    public void SyncDirectory(string path) => LinuxCalls.SyncDirectory(path);

    /// <inheritdoc/>
    public void RenameFile(string from, string to) => Do(() => File.Move(from, to, overwrite: true));

    /// <inheritdoc/>
    public void RenameDirectory(string from, string to) => Do(() => Directory.Move(from, to));

    /// <inheritdoc/>
    public void DeleteFile(string path)
    {
        try
        {
            Do(() => File.Delete(path));
        }
        catch (DirectoryNotFoundException)
        {
            // The folder does not exist, so neither does the file.
        }
    }

    /// <inheritdoc/>
    public void DeleteDirectory(string path)
    {
        if (Directory.Exists(path))
        {
            Do(() => Directory.Delete(path, recursive: true));
        }
    }

    /// <inheritdoc/>
    public long LastWriteMs(string path) => Do(() => new DateTimeOffset(File.GetLastWriteTimeUtc(path)).ToUnixTimeMilliseconds());

    /// <inheritdoc/>
    public VolumeSpace SpaceOf(string path) => Do(() =>
    {
        DriveInfo volume = new(path);
        return new VolumeSpace(volume.TotalSize, volume.AvailableFreeSpace);
    });

    /// <inheritdoc/>
    public IDisposable Lock(string path)
    {
        SafeFileHandle handle = Do(() => OpenShared(path, FileMode.OpenOrCreate));
        if (LinuxCalls.TryLockWhole(handle))
        {
            return handle;
        }

        handle.Dispose();
        throw new IOException($"'{path}' is locked: another broker uses this folder");
    }

    private static List<FileEntry> ListAll(string path)
    {
        List<FileEntry> entries = new();
        foreach (FileSystemInfo info in new DirectoryInfo(path).EnumerateFileSystemInfos())
        {
            entries.Add(info is FileInfo file ? new FileEntry(file.Name, IsDirectory: false, file.Length) : new FileEntry(info.Name, IsDirectory: true, 0));
        }
        return entries;
    }

    /// <summary>Opens a file without locking it: the folder's lock decides who may write.</summary>
    private static SafeFileHandle OpenShared(string path, FileMode mode)
        => File.OpenHandle(path, mode, FileAccess.ReadWrite, FileShare.ReadWrite | FileShare.Delete);

    /// <summary>
    /// Turns .NET's <see cref="UnauthorizedAccessException"/> into an <see cref="IOException"/>: for callers a missing permission is a failure of the disk. The
    /// message names the path.
    /// </summary>
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

    private static void Do(Action call) => Do<object?>(() =>
    {
        call();
        return null;
    });

    private sealed class RealFile(SafeFileHandle handle) : IOpenFile
    {
        public long Length => RandomAccess.GetLength(handle);

        public int Read(long position, Span<byte> into)
        {
            int total = 0;
            while (total < into.Length)
            {
                int read = RandomAccess.Read(handle, into[total..], position + total);
                if (read == 0)
                {
                    break;
                }
                total += read;
            }
            return total;
        }

        public int? SendTo(SafeHandle socket, long position, int count) => LinuxCalls.SendFile(socket, handle, position, count);

        public bool IsCached(long position, int count) => LinuxCalls.IsCached(handle, position, count);

        public void Write(long position, ReadOnlySpan<byte> bytes)
        {
            try
            {
                RandomAccess.Write(handle, bytes, position);
            }
            catch (ArgumentOutOfRangeException beyond)
            {
                // .NET reports EFBIG, a file that may not grow further, as a wrong argument. For a log it means that the disk is full.
                throw new IOException(beyond.Message, beyond) { HResult = Shortage.FileTooLarge };
            }
        }

        public void SetLength(long length) => RandomAccess.SetLength(handle, length);

        public void Sync() => RandomAccess.FlushToDisk(handle);

        public void Dispose() => handle.Dispose();
    }
}
