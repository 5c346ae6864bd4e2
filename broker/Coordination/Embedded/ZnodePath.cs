namespace Broker.Coordination.Embedded;

/// <summary>ZooKeeper's rules of a path.</summary>
internal static class ZnodePath
{
    internal const string Root = "/";

    internal static string ParentOf(string path)
    {
        int slash = path.LastIndexOf('/');
        return slash == 0 ? Root : path[..slash];
    }

    internal static string NameOf(string path) => path[(path.LastIndexOf('/') + 1)..];

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
