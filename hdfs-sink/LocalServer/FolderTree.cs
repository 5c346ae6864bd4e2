namespace Game.LocalWebHdfs;

/// <summary>
/// The tree of files and folders that clients see, kept in a folder on the disk. All calls that change names run under one lock, as in a NameNode, so a rename
/// never replaces a file even where two requests arrive at once; a lock file prevents a second server on the same folder. The bytes of a file are written
/// outside of the lock, under its final name: as on HDFS, clients see a file while it is written, and an upload that breaks off leaves the bytes that arrived.
/// The tree opens each path from the root, one folder after another, and never follows a symbolic link: no client sees a link, but its name cannot be used.
/// </summary>
internal sealed class FolderTree : IDisposable
{
    /// <summary>The server's lock file in the root: the server keeps it open while it runs and never lists it; clients cannot use its name.</summary>
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

    /// <summary>Opens a tree only to read it: without the lock, so another server may write to it.</summary>
    public static FolderTree ToRead(string root) => new(new DirectoryInfo(root));

    public void Dispose() => _lockFile?.Dispose();

    /// <summary>Finds the file or folder at a path; null where there is none.</summary>
    public Entry? Find(HdfsPath path) => FindAny(path) is { Kind: not EntryKind.Link } entry ? entry : null;

    /// <summary>Lists a folder's files and folders in the order of their names, without the lock file; empty where the folder does not exist.</summary>
    public IReadOnlyList<Entry> List(HdfsPath path)
    {
        using FolderHandle? folder = Open(path);
        return folder is null ? [] : [.. folder.List().Where(entry => entry.Kind != EntryKind.Link && !(path.IsRoot && entry.Name == LockName))];
    }

    /// <summary>Counts folders, files and bytes below a path, and the path itself.</summary>
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

    /// <summary>Creates a file, which clients see at once as empty, and opens it for writing.</summary>
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
                folder.RemoveFile(path.Name); // the new file is another one: streams that are open on the old file keep the old file
            }

            file = folder.CreateFile(path.Name);
            return null;
        }
    }

    /// <summary>Opens a file for reading, which others may read and write meanwhile; null where the file does not exist.</summary>
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
    /// Renames as HDFS's oldest rename does. Its result is false for a missing source, for a missing parent, for a name that exists and for a folder moved into
    /// itself; it is true for a file renamed to its own name. Where the destination is a folder, the source moves into it under its own name.
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

    /// <summary>The root itself may be a link, because the operator chose it.</summary>
    private static string Resolve(DirectoryInfo root) =>
        Path.TrimEndingDirectorySeparator(root.Exists && root.ResolveLinkTarget(returnFinalTarget: true) is { } target ? target.FullName : root.FullName);

    /// <summary>The first of the folders above a path that is a file or a link; null where none is.</summary>
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

    /// <summary>Opens a folder, from the root on; null where a part of the path does not exist or is not a folder.</summary>
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
        return above.Open(name) ?? throw new IOException($"Another program replaced the folder {name} while the server made it.");
    }
}
