namespace Broker.Storage.Files;

/// <summary>
/// A disk whose calls close files of the cache where the process has no handle left: many connections must not take a log directory offline.
/// </summary>
internal sealed class HandleFreeingFileSystem(IFileSystem disk, HandleCache handles) : IFileSystem
{
    public IOpenFile Open(string path, FileOpen how) => handles.WithRoom(() => disk.Open(path, how));

    public bool FileExists(string path) => disk.FileExists(path);

    public bool DirectoryExists(string path) => disk.DirectoryExists(path);

    public IReadOnlyList<FileEntry> List(string path) => handles.WithRoom(() => disk.List(path));

    public void CreateDirectory(string path) => disk.CreateDirectory(path);

    public void SyncDirectory(string path) => Call(() => disk.SyncDirectory(path));

    public void RenameFile(string from, string to) => disk.RenameFile(from, to);

    public void RenameDirectory(string from, string to) => disk.RenameDirectory(from, to);

    public void DeleteFile(string path) => disk.DeleteFile(path);

    public void DeleteDirectory(string path) => Call(() => disk.DeleteDirectory(path));

    public long LastWriteMs(string path) => disk.LastWriteMs(path);

    public VolumeSpace SpaceOf(string path) => disk.SpaceOf(path);

    public IDisposable Lock(string path) => handles.WithRoom(() => disk.Lock(path));

    private void Call(Action call) => handles.WithRoom(() =>
    {
        call();
        return true;
    });
}
