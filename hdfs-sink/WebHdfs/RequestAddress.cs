using System.Text;

namespace Game.WebHdfs;

/// <summary>Builds request addresses. Everything but letters, digits and "-._~" is percent-encoded, so "+" goes out as %2B: Hadoop reads a bare "+" in a query
/// as a space.</summary>
internal static class RequestAddress
{
    private const string Prefix = "/webhdfs/v1";

    /// <summary>The address of an operation, with the parameters in order.</summary>
    public static Uri Build(Uri nameNode, string path, string operation, string userName, params ReadOnlySpan<(string Name, string Value)> parameters)
    {
        StringBuilder text = new StringBuilder(nameNode.GetLeftPart(UriPartial.Authority)).Append(Prefix);
        AppendPath(text, path);
        text.Append("?op=").Append(operation).Append("&user.name=").Append(Uri.EscapeDataString(userName));
        foreach ((string name, string value) in parameters)
        {
            text.Append('&').Append(name).Append('=').Append(Uri.EscapeDataString(value));
        }
        return new Uri(text.ToString());
    }

    /// <summary>Throws unless the path is one that HDFS can hold: absolute, without empty, "." or ".." parts (.NET's Uri would fold them silently into another
    /// path).</summary>
    public static void Check(string path)
    {
        ArgumentNullException.ThrowIfNull(path);
        if (!path.StartsWith('/'))
        {
            throw new ArgumentException($"'{path}' is not an absolute HDFS path.", nameof(path));
        }
        foreach (Range part in path.AsSpan(1).Split('/'))
        {
            ReadOnlySpan<char> name = path.AsSpan(1)[part];
            if (path.Length > 1 && (name.IsEmpty || name is "." or ".." || name.Contains('\0')))
            {
                throw new ArgumentException($"'{path}' has an empty, '.' or '..' part, which HDFS does not allow.", nameof(path));
            }
        }
    }

    private static void AppendPath(StringBuilder text, string path)
    {
        foreach (string part in path.Split('/', StringSplitOptions.RemoveEmptyEntries))
        {
            text.Append('/').Append(Uri.EscapeDataString(part));
        }
        if (path.Length == 1)
        {
            text.Append('/');
        }
    }
}
