using System.Text;
using System.Text.Json;
using System.Text.Unicode;
using Broker.Server.Metadata.Znodes;

namespace Broker.Server.Exchange;

/// <summary>
/// A tree in a file: a first line that names the format, then a JSON object a znode, parents before children. Data that is text is written as text, so that the
/// file can be read and compared.
/// </summary>
internal static class TreeFile
{
    private const string Header = """{"format":"znodes","version":1}""";
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    /// <summary>Writes a new file, readable by this user only, because the settings of users hold credentials.</summary>
    /// <exception cref="IOException">The file exists, or cannot be written.</exception>
    internal static void Write(string file, IEnumerable<TreeEntry> entries)
    {
        FileStreamOptions options = new() { Mode = FileMode.CreateNew, Access = FileAccess.Write, UnixCreateMode = OwnerOnly };
        using StreamWriter writer = new(file, options);
        writer.WriteLine(Header);
        foreach (TreeEntry entry in entries)
        {
            writer.WriteLine(Encoding.UTF8.GetString(ZnodeJson.Write(json => Write(json, entry))));
        }
    }

    /// <exception cref="IOException">The file cannot be read.</exception>
    /// <exception cref="FormatException">It holds no tree; the message says in which line.</exception>
    internal static List<TreeEntry> Read(string file)
    {
        string[] lines = File.ReadAllLines(file);
        if (lines.Length == 0 || lines[0] != Header)
        {
            throw new FormatException("its first line is not that of a tree of znodes");
        }
        return [.. lines.Skip(1).Select((line, index) => Parse(line, index + 2))];
    }

    private static void Write(Utf8JsonWriter json, TreeEntry entry)
    {
        json.WriteString("path", entry.Path);
        if (entry.Data is not null && Utf8.IsValid(entry.Data))
        {
            json.WriteString("data", entry.Data);
        }
        else if (entry.Data is not null)
        {
            json.WriteBase64String("base64", entry.Data);
        }
        if (entry.Version > 0)
        {
            json.WriteNumber("version", entry.Version);
        }
    }

    private static TreeEntry Parse(string line, int number)
    {
        try
        {
            return ZnodeJson.Read(line, Encoding.UTF8.GetBytes(line), json => new TreeEntry(json.GetProperty("path").GetString() ?? "", Data(json),
                json.TryGetProperty("version", out JsonElement version) ? version.GetInt32() : 0));
        }
        catch (MalformedZnodeException e)
        {
            throw new FormatException($"line {number} is not a znode", e);
        }
    }

    private static byte[]? Data(JsonElement json) =>
        ZnodeJson.OptionalString(json, "data") is { } text ? Encoding.UTF8.GetBytes(text)
        : json.TryGetProperty("base64", out JsonElement bytes) ? bytes.GetBytesFromBase64()
        : null;
}
