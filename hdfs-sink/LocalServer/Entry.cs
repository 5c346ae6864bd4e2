namespace Game.LocalWebHdfs;

/// <summary>The kinds of entries in a folder.</summary>
internal enum EntryKind
{
    Folder,
    File,

    /// <summary>A symbolic link: no client sees it, but no client can create a file or folder with its name.</summary>
    Link,
}

/// <summary>One entry of a folder, as it was when the server read it.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Kind">What it is.</param>
/// <param name="Length">Bytes of a file; 0 for anything else.</param>
/// <param name="AccessedAt">UTC.</param>
/// <param name="ModifiedAt">UTC.</param>
internal sealed record Entry(string Name, EntryKind Kind, long Length, DateTime AccessedAt, DateTime ModifiedAt)
{
    private const FileAttributes Nothing = (FileAttributes)(-1);

    public bool IsFolder => Kind == EntryKind.Folder;

    public bool IsFile => Kind == EntryKind.File;

    /// <summary>Reads the entry at a path; does not follow a link at its end. Null where nothing has that name.</summary>
    public static Entry? At(string path)
    {
        FileInfo found = new(path); // reads all of it once, at the first property, so that the values belong together
        FileAttributes attributes = found.Attributes;
        if (attributes == Nothing)
        {
            return null;
        }

        EntryKind kind = attributes.HasFlag(FileAttributes.ReparsePoint) ? EntryKind.Link
            : attributes.HasFlag(FileAttributes.Directory) ? EntryKind.Folder : EntryKind.File;
        return new Entry(found.Name, kind, kind == EntryKind.File ? found.Length : 0, found.LastAccessTimeUtc, found.LastWriteTimeUtc);
    }
}
