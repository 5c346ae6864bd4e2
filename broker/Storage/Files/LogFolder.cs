namespace Broker.Storage.Files;

/// <summary>A partition's folder, which may be renamed while its files are in use. Thread-safe.</summary>
internal sealed class LogFolder(HandleCache handles, string path)
{
    private string _path = path;

    /// <summary>Held while a file is opened, renamed or deleted, so that the path does not change meanwhile.</summary>
    public Lock Gate { get; } = new();

    public HandleCache Handles => handles;

    public IFileSystem Disk => handles.Disk;

    public string FullPath => Volatile.Read(ref _path);

    public string PathOf(string name) => Path.Combine(FullPath, name);

    public void Rename(string newPath)
    {
        lock (Gate)
        {
            Disk.RenameDirectory(_path, newPath);
            Volatile.Write(ref _path, newPath);
        }
    }
}
