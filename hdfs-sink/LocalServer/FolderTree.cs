namespace Game.LocalWebHdfs;

/// <summary>
/// HDFS's names over a folder. Everything that changes names runs under one lock, as the NameNode does it, so a rename never replaces a file even when two come
/// at once; another server on the same folder is kept out by a lock file. Bytes are written outside the lock, straight under the file's name: as on HDFS a file
/// that is being written can be seen, and an upload that breaks off leaves what came. Every path is walked from the root, one open folder after the other, and
/// never through a symbolic link: a link takes its name, and is otherwise as if it were not there.
/// </summary>
internal sealed class FolderTree : IDisposable
{
    /// <summary>The server's own file in the root: held while it runs, never listed, a name that no client can use.</summary>
    internal const string LockName = ".local-webhdfs.lock";

    private readonly string _root;
    private readonly FileStream? _lockFile;
    private readonly Lock _names = new();

    /// <exception cref="IOException">The folder cannot be made, or another server holds it.</exception>
    public FolderTree(string root)
    {
        _root = Resolve(Directory.CreateDirectory(root));
        using FolderHandle folder = FolderHandle.OpenRoot(_root);
        _lockFile = folder.OpenFile(LockName, FileMode.Open, FileAccess.ReadWrite, FileShare.None) ?? folder.CreateFile(LockName);
    }

    private FolderTree(DirectoryInfo root) => _root = Resolve(root);

    /// <summary>The names of a folder that is only read, whoever else has it open.</summary>
    public static FolderTree ToRead(string root) => new(new DirectoryInfo(root));

    public void Dispose() => _lockFile?.Dispose();

    /// <summary>The file or folder at a path; null where there is none.</summary>
    public Entry? Find(HdfsPath path) => FindAny(path) is { Kind: not EntryKind.Link } entry ? entry : null;

    /// <summary>A folder's files and folders by name, without the server's own file; none where there is no such folder.</summary>
    public IReadOnlyList<Entry> List(HdfsPath path)
    {
        using FolderHandle? folder = Open(path);
        return folder is null ? [] : [.. folder.List().Where(entry => entry.Kind != EntryKind.Link && !(path.IsRoot && entry.Name == LockName))];
    }

    /// <summary>Counts what lies at a path and below it: the path itself too.</summary>
    public (long Folders, long Files, long Bytes) Summarize(HdfsPath path)
    {
        if (Find(path) is not { IsFolder: true })
        {
            return (0, 1, Find(path)?.Length ?? 0);
        }

        (long folders, long files, long bytes) = (1, 0, 0);
        foreach (Entry entry in List(path))
        {
            (long Folders, long Files, long Bytes) below = entry.IsFolder ? Summarize(path.Child(entry.Name)) : (0, 1, entry.Length);
            (folders, files, bytes) = (folders + below.Folders, files + below.Files, bytes + below.Bytes);
        }

        return (folders, files, bytes);
    }

    public Fault? MakeFolders(HdfsPath path)
    {
        lock (_names)
        {
            if (FileOrLinkAbove(path) is { } above)
            {
                return Fault.ParentNotDirectory(above.Path.Text);
            }

            if (FindAny(path) is { IsFolder: false })
            {
                return Fault.AlreadyExists($"Path is not a directory: {path.Text}");
            }

            OpenOrMake(path).Dispose();
            return null;
        }
    }

    /// <summary>Opens a new file for writing, empty at once, as HDFS shows it.</summary>
    public Fault? Create(HdfsPath path, bool overwrite, out FileStream? file)
    {
        file = null;
        lock (_names)
        {
            if (FileOrLinkAbove(path) is { } above)
            {
                return Fault.ParentNotDirectory(above.Path.Text);
            }

            Entry? found = FindAny(path);
            if (found is { IsFolder: true })
            {
                return Fault.AlreadyExists($"{path.Text} already exists as a directory");
            }

            if (found is not null && !(overwrite && found.IsFile))
            {
                return Fault.AlreadyExists($"{path.Text} for client already exists");
            }

            using FolderHandle folder = OpenOrMake(path.Parent);
            if (found is not null)
            {
                folder.RemoveFile(path.Name); // a new file: who still reads or writes the old one keeps it to himself
            }

            file = folder.CreateFile(path.Name);
            return null;
        }
    }

    /// <summary>Opens a file for reading, shared with everybody; null where there is no such file.</summary>
    public FileStream? OpenToRead(HdfsPath path)
    {
        using FolderHandle? folder = path.IsRoot ? null : Open(path.Parent);
        return folder?.Find(path.Name) is { IsFile: true } ? folder.OpenFile(path.Name, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete)
            : null;
    }

    public Fault? OpenForAppend(HdfsPath path, out FileStream? file)
    {
        file = null;
        lock (_names)
        {
            using FolderHandle? folder = path.IsRoot ? null : Open(path.Parent);
            if (folder?.Find(path.Name) is not { IsFile: true })
            {
                return Fault.NotFound($"File {path.Text} not found.");
            }

            try
            {
                file = folder.OpenFile(path.Name, FileMode.Append, FileAccess.Write, FileShare.None);
                return file is null ? Fault.NotFound($"File {path.Text} not found.") : null;
            }
            catch (IOException) when (folder.Find(path.Name) is { IsFile: true })
            {
                return Fault.BeingWritten(path.Text);
            }
        }
    }

    /// <summary>
    /// HDFS's old rename, whose answers tell little: false for a missing source, a missing parent, a taken name and a move into itself alike; true for a file
    /// onto itself; and a folder as destination swallows the source under its own name.
    /// </summary>
    public Fault? Rename(HdfsPath source, HdfsPath destination, out bool renamed)
    {
        lock (_names)
        {
            renamed = false;
            if (source.IsRoot || Find(source) is not { } moved)
            {
                return null;
            }

            if (source.Text == destination.Text)
            {
                renamed = moved.IsFile;
                return null;
            }

            HdfsPath target = Find(destination) is { IsFolder: true } ? destination.Child(source.Name) : destination;
            if (FileOrLinkAbove(target) is { } above)
            {
                return Fault.ParentNotDirectory(above.Path.Text);
            }

            if (IsWithin(target, source) || FindAny(target) is not null)
            {
                return null;
            }

            using FolderHandle? from = Open(source.Parent);
            using FolderHandle? to = Open(target.Parent);
            if (from is not null && to is not null)
            {
                from.MoveTo(source.Name, to, target.Name);
                renamed = true;
            }

            return null;
        }
    }

    public Fault? Delete(HdfsPath path, bool recursive, out bool deleted)
    {
        lock (_names)
        {
            deleted = false;
            if (FileOrLinkAbove(path) is { Entry.IsFile: true } above)
            {
                return Fault.Access($"{above.Path.Text} (is not a directory)");
            }

            using FolderHandle? folder = path.IsRoot ? null : Open(path.Parent);
            Entry? found = folder?.Find(path.Name);
            if (folder is null || found is null or { Kind: EntryKind.Link })
            {
                return null;
            }

            if (found.IsFolder && !recursive && !IsEmpty(folder, path.Name))
            {
                return Fault.NotEmpty(path.Text);
            }

            Remove(folder, found, recursive);
            deleted = true;
            return null;
        }
    }

    private static void Remove(FolderHandle folder, Entry entry, bool recursive)
    {
        if (entry.IsFile)
        {
            folder.RemoveFile(entry.Name);
        }
        else if (recursive)
        {
            folder.RemoveAll(entry.Name);
        }
        else
        {
            folder.RemoveEmptyFolder(entry.Name);
        }
    }

    private static bool IsEmpty(FolderHandle folder, string name)
    {
        using FolderHandle? child = folder.Open(name);
        return child is null || child.List().Count == 0;
    }

    private static bool IsWithin(HdfsPath path, HdfsPath folder) =>
        path.Text == folder.Text || path.Text.StartsWith(folder.Text + "/", StringComparison.Ordinal);

    /// <summary>The root's own name may be a link: the operator gave it.</summary>
    private static string Resolve(DirectoryInfo root) =>
        Path.TrimEndingDirectorySeparator(root.Exists && root.ResolveLinkTarget(returnFinalTarget: true) is { } target ? target.FullName : root.FullName);

    /// <summary>The first part above a path that is there and no folder.</summary>
    private (HdfsPath Path, Entry Entry)? FileOrLinkAbove(HdfsPath path)
    {
        for (int depth = 1; depth < path.Parts.Length; depth++)
        {
            HdfsPath above = path.Above(depth);
            if (FindAny(above) is { IsFolder: false } entry)
            {
                return (above, entry);
            }
        }

        return null;
    }

    private Entry? FindAny(HdfsPath path)
    {
        if (path.IsRoot)
        {
            return Entry.At(_root);
        }

        using FolderHandle? folder = Open(path.Parent);
        return folder?.Find(path.Name);
    }

    /// <summary>Walks to a folder; null where a part of the path is not there or no folder.</summary>
    private FolderHandle? Open(HdfsPath path)
    {
        FolderHandle? at = FolderHandle.OpenRoot(_root);
        foreach (string part in path.Parts)
        {
            using FolderHandle? above = at;
            at = above?.Open(part);
        }

        return at;
    }

    private FolderHandle OpenOrMake(HdfsPath path)
    {
        FolderHandle at = FolderHandle.OpenRoot(_root);
        foreach (string part in path.Parts)
        {
            using FolderHandle above = at;
            at = above.Open(part) ?? Make(above, part);
        }

        return at;
    }

    private static FolderHandle Make(FolderHandle above, string name)
    {
        above.MakeFolder(name);
        return above.Open(name) ?? throw new IOException($"{name} has become something else than a folder while it was made.");
    }
}
