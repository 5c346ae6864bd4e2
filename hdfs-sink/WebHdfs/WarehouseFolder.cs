namespace Game.WebHdfs;

/// <summary>The folder in HDFS that holds a folder a topic: what every program's option <c>--warehouse</c> takes.</summary>
public static class WarehouseFolder
{
    public const string Usual = "/warehouse";

    /// <summary>Reads what somebody wrote; slashes at its end change nothing.</summary>
    /// <returns>A path from the root without a slash at its end.</returns>
    /// <exception cref="FormatException">It is no path of a folder below the root; the message is a sentence that says what is.</exception>
    public static string Parse(string? text)
    {
        string path = (text ?? "").TrimEnd('/');
        return path.StartsWith('/') && path[1..].Split('/').All(IsName)
            ? path
            : throw new FormatException($"--warehouse takes the path of a folder of HDFS such as {Usual}, not '{text}'.");
    }

    // HDFS itself takes no colon in a name.
    private static bool IsName(string name) => name is not ("" or "." or "..") && !name.Any(c => char.IsControl(c) || c == ':');
}
