using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Game.LocalWebHdfs;

/// <summary>
/// One folder on the disk, held open by its descriptor: every call acts on this very folder, even where another program has replaced a part of its path by a
/// symbolic link since. No call follows a link: it reports the link as such, or refuses it. Linux only (openat, /proc/self/fd).
/// </summary>
internal sealed partial class FolderHandle : IDisposable
{
    private const int CurrentFolder = -100; // AT_FDCWD
    private const int PathOnly = 0x200000; // O_PATH: the descriptor names the entry, and can neither read nor write it
    private const int CloseOnExec = 0x80000;
    private const int NoSuchEntry = 2;
    private const int NotAFolder = 20;
    private const int TooManyLinks = 40;

    private static readonly int OnlyFolders = IsArm ? 0x4000 : 0x10000; // O_DIRECTORY
    private static readonly int NoLinks = IsArm ? 0x8000 : 0x20000; // O_NOFOLLOW

    private readonly SafeFileHandle _descriptor;

    private FolderHandle(SafeFileHandle descriptor) => _descriptor = descriptor;

    private static bool IsArm => RuntimeInformation.ProcessArchitecture is Architecture.Arm64 or Architecture.Arm;

    /// <summary>Opens the root. Its own path may lead through links, because the operator chose it.</summary>
    /// <exception cref="DirectoryNotFoundException">There is no such folder.</exception>
    public static FolderHandle OpenRoot(string path) => Open(CurrentFolder, path, PathOnly | CloseOnExec | OnlyFolders) is { } descriptor
        ? new FolderHandle(descriptor)
        : throw new DirectoryNotFoundException($"There is no folder {path}.");

    /// <summary>Opens a folder in this one; null where nothing has that name, or it is not a folder.</summary>
    public FolderHandle? Open(string name)
        => OpenHere(name, PathOnly | CloseOnExec | OnlyFolders | NoLinks) is { } descriptor ? new FolderHandle(descriptor) : null;

    /// <summary>Finds the entry of a name, also a link; null where there is none.</summary>
    public Entry? Find(string name) => Entry.At(PathOf(name));

    /// <summary>Lists all entries in the order of their names, also links.</summary>
    public IReadOnlyList<Entry> List() =>
        [.. Directory.EnumerateFileSystemEntries(Address(_descriptor)).Select(Entry.At).OfType<Entry>().OrderBy(entry => entry.Name, StringComparer.Ordinal)];

    /// <exception cref="IOException">A file or link has that name, or the disk refuses.</exception>
    public void MakeFolder(string name) => Directory.CreateDirectory(PathOf(name));

    /// <summary>Creates a file and opens it for writing.</summary>
    /// <exception cref="IOException">The name exists, or the disk refuses.</exception>
    public FileStream CreateFile(string name) => new(PathOf(name), NewFile(FileMode.CreateNew, FileAccess.Write, FileShare.None));

    /// <summary>Opens a file; null where nothing has that name.</summary>
    /// <exception cref="IOException">It is a link, or another stream has opened it without sharing.</exception>
    public FileStream? OpenFile(string name, FileMode mode, FileAccess access, FileShare share)
    {
        // First opens a path-only descriptor of the entry, then opens the file through that descriptor. So no other entry can take its place in between, and a
        // link cannot be opened.
        using SafeFileHandle? pinned = OpenHere(name, PathOnly | CloseOnExec | NoLinks);
        return pinned is null ? null : new FileStream(Address(pinned), NewFile(mode, access, share));
    }

    /// <summary>Renames a file or folder into a folder where the new name is free.</summary>
    /// <exception cref="IOException">The new name exists, or the disk refuses.</exception>
    public void MoveTo(string name, FolderHandle target, string newName)
    {
        if (Find(name) is { IsFolder: true })
        {
            Directory.Move(PathOf(name), target.PathOf(newName));
        }
        else
        {
            File.Move(PathOf(name), target.PathOf(newName), overwrite: false);
        }
    }

    public void RemoveFile(string name) => File.Delete(PathOf(name));

    /// <exception cref="IOException">It is not empty, or not a folder.</exception>
    public void RemoveEmptyFolder(string name) => Directory.Delete(PathOf(name), recursive: false);

    /// <summary>Removes a folder with everything in it. Removes links themselves, not their targets.</summary>
    /// <exception cref="IOException">It is not a folder, or the disk refuses.</exception>
    public void RemoveAll(string name)
    {
        using (FolderHandle folder = Open(name) ?? throw new DirectoryNotFoundException($"{name} is no folder."))
        {
            foreach (Entry entry in folder.List())
            {
                if (entry.IsFolder)
                {
                    folder.RemoveAll(entry.Name);
                }
                else
                {
                    folder.RemoveFile(entry.Name);
                }
            }
        }

        RemoveEmptyFolder(name);
    }

    public void Dispose() => _descriptor.Dispose();

    private static FileStreamOptions NewFile(FileMode mode, FileAccess access, FileShare share) =>
        new() { Mode = mode, Access = access, Share = share, BufferSize = 0, Options = FileOptions.Asynchronous };

    private static SafeFileHandle? Open(nint folder, string name, int flags)
    {
        int descriptor = OpenAt((int)folder, name, flags);
        if (descriptor >= 0)
        {
            return new SafeFileHandle(descriptor, ownsHandle: true);
        }

        int error = Marshal.GetLastPInvokeError();
        return error is NoSuchEntry or NotAFolder or TooManyLinks ? null
            : throw new IOException($"{name} cannot be opened: {Marshal.GetPInvokeErrorMessage(error)}", error);
    }

    /// <summary>A path to the open descriptor itself, not to the path with which it was opened.</summary>
    private static string Address(SafeFileHandle descriptor) => $"/proc/self/fd/{descriptor.DangerousGetHandle()}";

    [LibraryImport("libc", EntryPoint = "openat", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int OpenAt(int folder, string name, int flags);

    private SafeFileHandle? OpenHere(string name, int flags) => Open(_descriptor.DangerousGetHandle(), name, flags);

    private string PathOf(string name) => Address(_descriptor) + "/" + name;
}
