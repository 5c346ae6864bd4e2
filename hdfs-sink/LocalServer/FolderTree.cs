namespace Game.LocalWebHdfs;

/// <summary>
/// HDFS's names over a folder. Everything that changes names runs under one lock, as the NameNode does it, so a rename never replaces a file even when two come
/// at once; another server on the same folder is kept out by a lock file. Bytes are written outside the lock, straight under the file's name: as on HDFS a file
/// that is being written can be seen, and an upload that breaks off leaves what came.
/// </summary>
internal sealed class FolderTree : IDisposable
{
    /// <summary>The server's own file in the root: held while it runs, never listed, a name that no client can use.</summary>
    internal const string LockName = ".local-webhdfs.lock";

    private readonly string root;
    private readonly FileStream? held;
    private readonly Lock names = new();

    /// <exception cref="IOException">The folder cannot be made, or another server holds it.</exception>
    public FolderTree(string root) : this(Path.TrimEndingDirectorySeparator(Directory.CreateDirectory(root).FullName), held: null)
        => held = new FileStream(Path.Combine(this.root, LockName), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);

    private FolderTree(string root, FileStream? held)
    {
        this.root = root;
        this.held = held;
    }

    public string Root => root;

    /// <summary>The names of a folder that is only read, whoever else has it open.</summary>
    public static FolderTree ToRead(string root) => new(Path.TrimEndingDirectorySeparator(Path.GetFullPath(root)), held: null);

    public void Dispose() => held?.Dispose();

    /// <summary>The entry at a path; null where there is none (nothing is found through a symbolic link).</summary>
    public FileSystemInfo? Find(HdfsPath path)
    {
        FileSystemInfo entry = new DirectoryInfo(root);
        string at = root;
        foreach (string part in path.Parts)
        {
            if (entry is not DirectoryInfo)
                return null;
            at = Path.Combine(at, part);
            var attributes = AttributesOf(at);
            if (attributes is null || attributes.Value.HasFlag(FileAttributes.ReparsePoint))
                return null;
            entry = attributes.Value.HasFlag(FileAttributes.Directory) ? new DirectoryInfo(at) : new FileInfo(at);
        }

        return entry.Exists ? entry : null; // reads length and times now, so that they belong together
    }

    /// <summary>The first part of the path's folders that is a file, if any.</summary>
    public HdfsPath? FileAbove(HdfsPath path)
    {
        for (int depth = 1; depth < path.Parts.Length; depth++)
        {
            var above = new HdfsPath("/" + string.Join('/', path.Parts[..depth]), path.Parts[..depth]);
            if (Find(above) is FileInfo)
                return above;
        }

        return null;
    }

    /// <summary>A folder's entries by name; the server's own file and symbolic links are not among them.</summary>
    public IEnumerable<FileSystemInfo> List(DirectoryInfo folder) => folder.EnumerateFileSystemInfos()
        .Where(entry => entry.Exists && !entry.Attributes.HasFlag(FileAttributes.ReparsePoint) && !(entry.Name == LockName && folder.FullName == root))
        .OrderBy(entry => entry.Name, StringComparer.Ordinal);

    public Fault? MakeFolders(HdfsPath path)
    {
        lock (names)
        {
            if (FileAbove(path) is { } above)
                return Fault.ParentNotDirectory(above.Text);
            if (Find(path) is FileInfo)
                return Fault.AlreadyExists($"Path is not a directory: {path.Text}");
            Directory.CreateDirectory(OnDisk(path));
            return null;
        }
    }

    /// <summary>Opens a new file for writing, empty at once, as HDFS shows it.</summary>
    public Fault? Create(HdfsPath path, bool overwrite, out FileStream? file)
    {
        file = null;
        lock (names)
        {
            if (FileAbove(path) is { } above)
                return Fault.ParentNotDirectory(above.Text);
            var found = Find(path);
            if (found is DirectoryInfo)
                return Fault.AlreadyExists($"{path.Text} already exists as a directory");
            if (found is not null && !overwrite)
                return Fault.AlreadyExists($"{path.Text} for client already exists");
            Directory.CreateDirectory(OnDisk(path.Parent));
            // Overwriting makes a new file: who still reads or writes the old one keeps it to himself.
            found?.Delete();
            file = new FileStream(OnDisk(path), FileMode.CreateNew, FileAccess.Write, FileShare.None, bufferSize: 0, useAsync: true);
            return null;
        }
    }

    public Fault? OpenForAppend(HdfsPath path, out FileStream? file)
    {
        file = null;
        lock (names)
        {
            if (Find(path) is not FileInfo found)
                return Fault.NotFound($"File {path.Text} not found.");
            try
            {
                file = new FileStream(found.FullName, FileMode.Append, FileAccess.Write, FileShare.None, bufferSize: 0, useAsync: true);
                return null;
            }
            catch (IOException) when (Find(path) is FileInfo)
            {
                return Fault.BeingWritten(path.Text);
            }
        }
    }

    /// <summary>
    /// HDFS's old rename, whose answers tell little: false for a missing source, a missing parent, a taken name and a move into itself alike; true for a file onto
    /// itself; and a folder as destination swallows the source under its own name.
    /// </summary>
    public Fault? Rename(HdfsPath source, HdfsPath destination, out bool renamed)
    {
        lock (names)
        {
            renamed = false;
            var moved = Find(source);
            if (moved is null || source.IsRoot)
                return null;
            if (source.Text == destination.Text)
            {
                renamed = moved is FileInfo;
                return null;
            }

            var target = Find(destination) is DirectoryInfo ? destination.Child(source.Name) : destination;
            if (FileAbove(target) is { } above)
                return Fault.ParentNotDirectory(above.Text);
            if (IsWithin(target, source) || Find(target) is not null || Find(target.Parent) is not DirectoryInfo)
                return null;
            Move(moved, OnDisk(target));
            renamed = true;
            return null;
        }
    }

    public Fault? Delete(HdfsPath path, bool recursive, out bool deleted)
    {
        lock (names)
        {
            deleted = false;
            if (path.IsRoot)
                return null;
            if (FileAbove(path) is { } above)
                return Fault.Access($"{above.Text} (is not a directory)");
            var found = Find(path);
            if (found is DirectoryInfo folder && !recursive && folder.EnumerateFileSystemInfos().Any())
                return Fault.NotEmpty(path.Text);
            if (found is DirectoryInfo)
                Directory.Delete(found.FullName, recursive);
            else
                found?.Delete();
            deleted = found is not null;
            return null;
        }
    }

    private static bool IsWithin(HdfsPath path, HdfsPath folder) =>
        path.Text == folder.Text || path.Text.StartsWith(folder.Text + "/", StringComparison.Ordinal);

    private static void Move(FileSystemInfo entry, string target)
    {
        if (entry is DirectoryInfo folder)
            folder.MoveTo(target);
        else
            ((FileInfo)entry).MoveTo(target, overwrite: false);
    }

    private static FileAttributes? AttributesOf(string path)
    {
        try
        {
            return File.GetAttributes(path);
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            return null;
        }
    }

    private string OnDisk(HdfsPath path) => path.IsRoot ? root : Path.Combine(root, Path.Combine(path.Parts));
}
