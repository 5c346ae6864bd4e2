using System.Runtime.InteropServices;

namespace Broker.Storage.Files;

/// <summary>The kind of a call about to change an <see cref="InMemoryFileSystem"/>.</summary>
public enum FileChange
{
    /// <summary>A file is created.</summary>
    Create,

    /// <summary>Bytes are written.</summary>
    Write,

    /// <summary>The length is set.</summary>
    SetLength,

    /// <summary>A file is synced.</summary>
    Sync,

    /// <summary>A folder is created.</summary>
    CreateDirectory,

    /// <summary>A folder is synced.</summary>
    SyncDirectory,

    /// <summary>A file or folder is renamed.</summary>
    Rename,

    /// <summary>A file or folder is deleted.</summary>
    Delete,
}

/// <summary>
/// A disk in memory: for brokers embedded in tests, and, with <c>tracksDurability</c>, for cutting the power.
/// </summary>
/// <param name="tracksDurability">Whether it remembers what was not synced; costs a copy of every write until it is.</param>
/// <param name="time">The clock of the files' write times.</param>
public sealed class InMemoryFileSystem(bool tracksDurability = false, TimeProvider? time = null) : IFileSystem
{
    private readonly Lock _gate = new();
    private readonly HashSet<string> _locks = new(StringComparer.Ordinal);
    private readonly TimeProvider _time = time ?? TimeProvider.System;
    private InMemoryDirectory _root = new(tracksDurability);
    private long _used;

    /// <summary>Called before each change, with its kind and path; what it throws is thrown by the call. Tests stall, count and fail calls here.</summary>
    public Action<FileChange, string>? BeforeChange { get; set; }

    /// <summary>Called before each read of a file, with its path, on the thread that reads.</summary>
    public Action<string>? BeforeRead { get; set; }

    /// <summary>Bytes that may be written or grown in all before the disk is full; a write that would pass it is done in part and fails.</summary>
    public long Capacity { get; set; } = long.MaxValue;

    /// <summary>What a power cut now leaves: of unsynced writes any, whole or torn; of a folder's unsynced changes the first few.</summary>
    public InMemoryFileSystem AfterPowerCut(Random random) => Survivor(r => r.AfterPowerCut(random));

    /// <summary>What the death of the process alone leaves (kill -9): everything, for the page cache survives.</summary>
    public InMemoryFileSystem AfterProcessDeath() => Survivor(r => r.AfterProcessDeath());

    /// <inheritdoc/>
    public IOpenFile Open(string path, FileOpen how)
    {
        lock (_gate)
        {
            InMemoryDirectory folder = FolderOf(path, out string name);
            if (folder.Entries.TryGetValue(name, out object? entry))
            {
                return entry is InMemoryFile file ? new Handle(this, file, path) : throw new IOException($"'{path}' is a folder");
            }
            if (how == FileOpen.Existing)
            {
                throw new FileNotFoundException($"There is no file '{path}'", path);
            }
            BeforeChange?.Invoke(FileChange.Create, path);
            InMemoryFile created = new(tracksDurability) { LastWriteMs = NowMs };
            folder.Apply(new InMemoryDirectory.Change(name, created));
            return new Handle(this, created, path);
        }
    }

    /// <inheritdoc/>
    public bool FileExists(string path)
    {
        lock (_gate)
        {
            return Find(path) is InMemoryFile;
        }
    }

    /// <inheritdoc/>
    public bool DirectoryExists(string path)
    {
        lock (_gate)
        {
            return Find(path) is InMemoryDirectory;
        }
    }

    /// <inheritdoc/>
    public IReadOnlyList<FileEntry> List(string path)
    {
        lock (_gate)
        {
            return [.. Folder(path).Entries.Select(e => new FileEntry(e.Key, e.Value is InMemoryDirectory, e.Value is InMemoryFile f ? f.Length : 0))];
        }
    }

    /// <inheritdoc/>
    public void CreateDirectory(string path)
    {
        lock (_gate)
        {
            InMemoryDirectory folder = _root;
            foreach (string part in Parts(path))
            {
                if (!folder.Entries.ContainsKey(part))
                {
                    BeforeChange?.Invoke(FileChange.CreateDirectory, path);
                    folder.Apply(new InMemoryDirectory.Change(part, new InMemoryDirectory(tracksDurability)));
                }
                folder = folder.Entries[part] as InMemoryDirectory ?? throw new IOException($"'{path}' runs through a file");
            }
        }
    }

    /// <inheritdoc/>
    public void SyncDirectory(string path)
    {
        lock (_gate)
        {
            BeforeChange?.Invoke(FileChange.SyncDirectory, path);
            Folder(path).Sync();
        }
    }

    /// <inheritdoc/>
    public void RenameFile(string from, string to) => Rename<InMemoryFile>(from, to, mayReplace: true);

    /// <inheritdoc/>
    public void RenameDirectory(string from, string to) => Rename<InMemoryDirectory>(from, to, mayReplace: false);

    /// <inheritdoc/>
    public void DeleteFile(string path) => Delete<InMemoryFile>(path);

    /// <inheritdoc/>
    public void DeleteDirectory(string path) => Delete<InMemoryDirectory>(path);

    /// <inheritdoc/>
    public long LastWriteMs(string path)
    {
        lock (_gate)
        {
            return Find(path) is InMemoryFile file ? file.LastWriteMs : throw new FileNotFoundException($"There is no file '{path}'", path);
        }
    }

    /// <inheritdoc/>
    public IDisposable Lock(string path)
    {
        Open(path, FileOpen.OrCreate).Dispose();
        lock (_gate)
        {
            if (!_locks.Add(path))
            {
                throw new IOException($"'{path}' is locked: another broker uses this folder");
            }
        }
        return new Unlock(this, path);
    }

    private long NowMs => _time.GetUtcNow().ToUnixTimeMilliseconds();

    private InMemoryFileSystem Survivor(Func<InMemoryDirectory, InMemoryDirectory> survive)
    {
        lock (_gate)
        {
            return new InMemoryFileSystem(tracksDurability, _time) { _root = survive(_root) };
        }
    }

    private void Rename<T>(string from, string to, bool mayReplace) where T : class
    {
        lock (_gate)
        {
            InMemoryDirectory source = FolderOf(from, out string oldName);
            InMemoryDirectory target = FolderOf(to, out string newName);
            if (!source.Entries.TryGetValue(oldName, out object? entry) || entry is not T)
            {
                throw new FileNotFoundException($"There is nothing to rename at '{from}'", from);
            }
            if (target.Entries.TryGetValue(newName, out object? old) && (!mayReplace || old is not T))
            {
                throw new IOException($"'{to}' exists");
            }
            BeforeChange?.Invoke(FileChange.Rename, from);
            if (ReferenceEquals(source, target))
            {
                source.Apply(new InMemoryDirectory.Change(oldName, null), new InMemoryDirectory.Change(newName, entry));
                return;
            }
            target.Apply(new InMemoryDirectory.Change(newName, entry));
            source.Apply(new InMemoryDirectory.Change(oldName, null));
        }
    }

    private void Delete<T>(string path) where T : class
    {
        lock (_gate)
        {
            if (Find(path) is not T)
            {
                return;
            }
            BeforeChange?.Invoke(FileChange.Delete, path);
            FolderOf(path, out string name).Apply(new InMemoryDirectory.Change(name, null));
        }
    }

    private InMemoryDirectory Folder(string path)
        => Find(path) as InMemoryDirectory ?? throw new DirectoryNotFoundException($"There is no folder '{path}'");

    private InMemoryDirectory FolderOf(string path, out string name)
    {
        name = Path.GetFileName(path);
        return Folder(Path.GetDirectoryName(path) ?? "");
    }

    private object? Find(string path)
    {
        object? entry = _root;
        foreach (string part in Parts(path))
        {
            if (entry is not InMemoryDirectory folder || !folder.Entries.TryGetValue(part, out entry))
            {
                return null;
            }
        }
        return entry;
    }

    private static string[] Parts(string path) => path.Split(Path.DirectorySeparatorChar, StringSplitOptions.RemoveEmptyEntries);

    private sealed class Handle(InMemoryFileSystem disk, InMemoryFile file, string path) : IOpenFile
    {
        public long Length => file.Length;

        public int Read(long position, Span<byte> into)
        {
            disk.BeforeRead?.Invoke(path);
            return file.Read(position, into);
        }

        public int? SendTo(SafeHandle socket, long position, int count) => null;

        public bool IsCached(long position, int count) => false;

        public void Write(long position, ReadOnlySpan<byte> bytes)
        {
            disk.BeforeChange?.Invoke(FileChange.Write, path);
            long growth = Math.Max(0, position + bytes.Length - file.Length);
            long room = disk.Capacity - Interlocked.Add(ref disk._used, growth);
            if (room < 0)
            {
                Interlocked.Add(ref disk._used, -growth);
                file.Write(position, bytes[..(int)Math.Max(0, bytes.Length + room)]);
                throw new IOException($"No space left on device: '{path}'", Shortage.NoSpace);
            }
            file.Write(position, bytes);
            file.LastWriteMs = disk.NowMs;
        }

        public void SetLength(long length)
        {
            disk.BeforeChange?.Invoke(FileChange.SetLength, path);
            file.SetLength(length);
        }

        public void Sync()
        {
            disk.BeforeChange?.Invoke(FileChange.Sync, path);
            file.Sync();
        }

        public void Dispose()
        {
            // Nothing is held.
        }
    }

    private sealed class Unlock(InMemoryFileSystem disk, string path) : IDisposable
    {
        public void Dispose()
        {
            lock (disk._gate)
            {
                disk._locks.Remove(path);
            }
        }
    }
}
