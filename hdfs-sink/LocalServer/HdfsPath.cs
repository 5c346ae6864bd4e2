using System.Text;

namespace Game.LocalWebHdfs;

/// <summary>
/// A path as clients name it, in its parts. Only <see cref="TryParse"/> makes one that reaches the disk, and it lets no part through that could leave the
/// root: that, and never following symbolic links, is what makes path traversal impossible.
/// </summary>
internal readonly record struct HdfsPath(string Text, string[] Parts)
{
    /// <summary>The longest name that file systems take (and HDFS's own limit, dfs.namenode.fs-limits.max-component-length), in UTF-8 bytes.</summary>
    private const int MaxNameBytes = 255;

    /// <summary>HDFS's limit on a whole path, in characters.</summary>
    private const int MaxPathLength = 8000;

    public bool IsRoot => Parts.Length == 0;

    public string Name => IsRoot ? "" : Parts[^1];

    /// <summary>The folder that holds it; not for the root.</summary>
    public HdfsPath Parent => Above(Parts.Length - 1);

    public HdfsPath Child(string name) => new(IsRoot ? "/" + name : Text + "/" + name, [.. Parts, name]);

    /// <summary>The path's first parts, so many.</summary>
    public HdfsPath Above(int depth) => new("/" + string.Join('/', Parts[..depth]), Parts[..depth]);

    /// <summary>Reads a decoded absolute path. A trailing slash and doubled leading ones are fine, as on HDFS.</summary>
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

    // ':' is refused by HDFS too; what was not UTF-8 has become U+FFFD; the lock's name belongs to the server.
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
