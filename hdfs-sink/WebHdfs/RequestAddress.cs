using System.Text;

namespace Game.WebHdfs;

/// <summary>
/// Builds request addresses. It percent-encodes all characters but letters, digits and "-._~"; Hadoop would read "+" in a query as a space, so it is sent as
/// %2B.
/// </summary>
internal static class RequestAddress
{
    private const string Prefix = "/webhdfs/v1";

    /// <summary>Builds the address of an operation, with the parameters in their order.</summary>
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

    /// <summary>
    /// Throws unless HDFS can have the path: absolute, without empty, "." or ".." parts, which .NET's Uri would silently resolve to another path.
    /// </summary>
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
