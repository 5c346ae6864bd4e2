using System.Runtime.InteropServices;
using Broker.Storage.Files;

namespace Broker.Storage.Tests;

/// <summary>A disk in memory whose reads fail when the test says so.</summary>
internal sealed class UnreadableFileSystem : IFileSystem
{
    private readonly InMemoryFileSystem _disk = new();

    public bool IsUnreadable { get; set; }

    public IOpenFile Open(string path, FileOpen how) => new File(this, _disk.Open(path, how));

    public bool FileExists(string path) => _disk.FileExists(path);

    public bool DirectoryExists(string path) => _disk.DirectoryExists(path);

    public IReadOnlyList<FileEntry> List(string path) => _disk.List(path);

    public void CreateDirectory(string path) => _disk.CreateDirectory(path);

    public void SyncDirectory(string path) => _disk.SyncDirectory(path);

    public void RenameFile(string from, string to) => _disk.RenameFile(from, to);

    public void RenameDirectory(string from, string to) => _disk.RenameDirectory(from, to);

    public void DeleteFile(string path) => _disk.DeleteFile(path);

    public void DeleteDirectory(string path) => _disk.DeleteDirectory(path);

    public long LastWriteMs(string path) => _disk.LastWriteMs(path);

    public IDisposable Lock(string path) => _disk.Lock(path);

    private sealed class File(UnreadableFileSystem owner, IOpenFile file) : IOpenFile
    {
        public long Length => file.Length;

        public int Read(long position, Span<byte> into) => owner.IsUnreadable ? throw new IOException("a read that must not be") : file.Read(position, into);

        public int? SendTo(SafeHandle socket, long position, int count) => null;

        public bool IsCached(long position, int count) => false;

        public void Write(long position, ReadOnlySpan<byte> bytes) => file.Write(position, bytes);

        public void SetLength(long length) => file.SetLength(length);

        public void Sync() => file.Sync();

        public void Dispose() => file.Dispose();
    }
}
