using System.Text;

namespace Game.LocalWebHdfs;

/// <summary>
/// A path of a client's request, split into its parts. Only <see cref="TryParse"/> makes paths that the server uses on the disk, and it refuses every part that
/// could leave the root. This, and never following symbolic links, makes path traversal impossible.
/// </summary>
internal readonly record struct HdfsPath(string Text, string[] Parts)
{
    /// <summary>The longest name that file systems allow, in UTF-8 bytes; also HDFS's limit (dfs.namenode.fs-limits.max-component-length).</summary>
    private const int MaxNameBytes = 255;

    /// <summary>HDFS's limit on a whole path, in characters.</summary>
    private const int MaxPathLength = 8000;

    public bool IsRoot => Parts.Length == 0;

    public string Name => IsRoot ? "" : Parts[^1];

    /// <summary>The folder that contains it; the root has none.</summary>
    public HdfsPath Parent => Above(Parts.Length - 1);

    public HdfsPath Child(string name) => new(IsRoot ? "/" + name : Text + "/" + name, [.. Parts, name]);

    /// <summary>The path of the first <paramref name="depth"/> parts.</summary>
    public HdfsPath Above(int depth) => new("/" + string.Join('/', Parts[..depth]), Parts[..depth]);

    /// <summary>Reads a decoded absolute path. As on HDFS, it may end with a slash and begin with several.</summary>
    public static Fault? TryParse(string text, out HdfsPath path)
    {
        string trimmed = "/" + text.Trim('/');
        string[] parts = trimmed.Length == 1 ? [] : trimmed[1..].Split('/');
        path = new HdfsPath(trimmed, parts);
        if (trimmed.Length > MaxPathLength || Array.Exists(parts, part => !IsName(part)))
        {
            return Fault.InvalidPath(text);
        }
        return Array.Exists(parts, part => Encoding.UTF8.GetByteCount(part) > MaxNameBytes) ? Fault.NameTooLong(text, MaxNameBytes) : null;
    }

    // HDFS also refuses ':'. U+FFFD stands for bytes that were not UTF-8. Only the server may use the name of its lock file.
    private static bool IsName(string part) =>
        part is not ("" or "." or "..") && part != FolderTree.LockName && !part.AsSpan().ContainsAny('/', '\0', ':') && IsText(part);

    private static bool IsText(string part)
    {
        foreach (Rune rune in part.EnumerateRunes())
        {
            if (rune == Rune.ReplacementChar)
            {
                return false;
            }
        }

        return true;
    }
}
