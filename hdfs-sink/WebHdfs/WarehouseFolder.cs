namespace Game.WebHdfs;

/// <summary>The folder in HDFS that holds one folder for each topic, as the option <c>--warehouse</c> of every program gives it.</summary>
public static class WarehouseFolder
{
    public const string Default = "/warehouse";

    /// <summary>Reads the option's value; ignores slashes at its end.</summary>
    /// <returns>A path from the root without a slash at its end.</returns>
    /// <exception cref="FormatException">It is not the path of a folder below the root; the message is a sentence with an example.</exception>
    public static string Parse(string? text)
    {
        string path = (text ?? "").TrimEnd('/');
        return path.StartsWith('/') && path[1..].Split('/').All(IsName)
            ? path
            : throw new FormatException($"--warehouse takes the path of a folder of HDFS such as {Default}, not '{text}'.");
    }

    // HDFS does not allow a colon in a name.
    private static bool IsName(string name) => name is not ("" or "." or "..") && !name.Any(c => char.IsControl(c) || c == ':');
}
