namespace Game.LocalWebHdfs;

/// <summary>What lies at a name in a folder.</summary>
internal enum EntryKind
{
    Folder,
    File,

    /// <summary>A symbolic link: it takes its name, and to clients it is not there.</summary>
    Link,
}

/// <summary>One name in a folder, as it was when it was looked at.</summary>
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

    /// <summary>Looks at a path, whose last part is not followed; null where there is nothing.</summary>
    public static Entry? At(string path)
    {
        FileInfo found = new(path); // looks once, when first asked, so that its answers belong together
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
