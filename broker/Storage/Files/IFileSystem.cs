using System.Runtime.InteropServices;

namespace Broker.Storage.Files;

/// <summary>How <see cref="IFileSystem.Open"/> treats a file that is or is not there.</summary>
public enum FileOpen
{
    /// <summary>The file must exist.</summary>
    Existing,

    /// <summary>The file is created empty where it does not exist.</summary>
    OrCreate,
}

/// <summary>One entry of a folder.</summary>
/// <param name="Name">Name without its folder.</param>
/// <param name="IsDirectory">Whether it is a folder.</param>
/// <param name="Length">Length of a file in bytes; 0 for a folder.</param>
public readonly record struct FileEntry(string Name, bool IsDirectory, long Length);

/// <summary>
/// All that the log asks of a disk. Calls block; every one may throw <see cref="IOException"/>. Thread-safe. What was written is durable only after
/// <see cref="IOpenFile.Sync"/>; what was created, renamed or deleted, after <see cref="SyncDirectory"/>.
/// </summary>
public interface IFileSystem
{
    /// <summary>Opens a file for positional reading and writing.</summary>
    /// <exception cref="FileNotFoundException">It is not there and <paramref name="how"/> is <see cref="FileOpen.Existing"/>.</exception>
    IOpenFile Open(string path, FileOpen how);

    /// <summary>Whether a file of this path exists.</summary>
    bool FileExists(string path);

    /// <summary>Whether a folder of this path exists.</summary>
    bool DirectoryExists(string path);

    /// <summary>Entries of a folder in no particular order.</summary>
    IReadOnlyList<FileEntry> List(string path);

    /// <summary>Creates a folder and those above it; nothing happens where it exists.</summary>
    void CreateDirectory(string path);

    /// <summary>Makes creations, renames and deletions in a folder durable.</summary>
    void SyncDirectory(string path);

    /// <summary>Renames a file atomically; a file at the new name is replaced.</summary>
    void RenameFile(string from, string to);

    /// <summary>Renames a folder; the new name must be free.</summary>
    void RenameDirectory(string from, string to);

    /// <summary>Deletes a file; nothing happens where it does not exist.</summary>
    void DeleteFile(string path);

    /// <summary>Deletes a folder and all in it; nothing happens where it does not exist.</summary>
    void DeleteDirectory(string path);

    /// <summary>When the file was last written, in milliseconds since 1970 UTC.</summary>
    long LastWriteMs(string path);

    /// <summary>The size of the volume that holds a folder; <see cref="VolumeSpace.Unknown"/> where there is none.</summary>
    VolumeSpace SpaceOf(string path) => VolumeSpace.Unknown;

    /// <summary>Takes the lock that keeps other brokers, Apache's included, out of a folder; held until disposed.</summary>
    /// <exception cref="IOException">Another process, or another holder in this one, has the lock.</exception>
    IDisposable Lock(string path);
}

/// <summary>An open file, read and written by position. Thread-safe, but a caller orders its own overlapping writes.</summary>
public interface IOpenFile : IDisposable
{
    /// <summary>Length in bytes.</summary>
    long Length { get; }

    /// <summary>Reads at a position; fewer bytes than asked only at the end of the file.</summary>
    int Read(long position, Span<byte> into);

    /// <summary>
    /// Gives bytes to a socket without bringing them into the process. What the system has taken it sends as the page cache has it then, not a copy.
    /// </summary>
    /// <param name="socket">A connected stream socket that does not block.</param>
    /// <param name="position">In the file.</param>
    /// <param name="count">At most so many.</param>
    /// <returns>How many the socket took; 0 when it takes none now; null when the file ends before or this cannot be done: then the bytes are to be
    /// read.</returns>
    /// <exception cref="IOException">The disk or the connection fails.</exception>
    int? SendTo(SafeHandle socket, long position, int count);

    /// <summary>
    /// Whether bytes lie in the page cache, so that reading them will hardly wait for the disk; looked at in places. Does not wait itself.
    /// </summary>
    /// <param name="position">In the file.</param>
    /// <param name="count">At least 1.</param>
    /// <returns>False also where the file ends before, or where the system cannot say.</returns>
    bool IsCached(long position, int count);

    /// <summary>Writes the whole of <paramref name="bytes"/>, or throws, in which case any part of it may have been written.</summary>
    void Write(long position, ReadOnlySpan<byte> bytes);

    /// <summary>Cuts the file, or lengthens it with zeros.</summary>
    void SetLength(long length);

    /// <summary>Makes the file's bytes and length durable.</summary>
    void Sync();
}
