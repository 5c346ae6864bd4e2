namespace Broker.Coordination;

/// <summary>ZooKeeper's rules of a path and of a znode's size.</summary>
internal static class ZnodePath
{
    internal const string Root = "/";

    /// <summary>ZooKeeper's default of jute.maxbuffer: bytes of one request to a real server at most, so of a znode's data too.</summary>
    internal const int MaxDataBytes = 0xfffff;

    internal static string ParentOf(string path)
    {
        int slash = path.LastIndexOf('/');
        return slash == 0 ? Root : path[..slash];
    }

    internal static string NameOf(string path) => path[(path.LastIndexOf('/') + 1)..];

    /// <summary>Whether a znode can be created with this path and this kind: a sequential one's name may end in a slash, because digits follow.</summary>
    internal static bool IsValid(string? path, CreateMode mode) =>
        IsValid(mode is CreateMode.PersistentSequential or CreateMode.EphemeralSequential ? path + "0" : path);

    /// <summary>Absolute, without a slash at its end, without empty, "." or ".." parts, without control characters.</summary>
    internal static bool IsValid(string? path)
    {
        if (string.IsNullOrEmpty(path) || path[0] != '/')
        {
            return false;
        }
        if (path.Length == 1)
        {
            return true;
        }
        foreach (Range part in path.AsSpan(1).Split('/'))
        {
            if (!IsValidPart(path.AsSpan(1)[part]))
            {
                return false;
            }
        }

        return true;
    }

    private static bool IsValidPart(ReadOnlySpan<char> part)
    {
        if (part.IsEmpty || part is "." or "..")
        {
            return false;
        }
        foreach (char c in part)
        {
            if (c is < ' ' or (>= '\u007f' and <= '\u009f') or (>= '\ud800' and <= '\uf8ff') or >= '\ufff0')
            {
                return false;
            }
        }

        return true;
    }
}
