using System.Globalization;
using System.Text;
using Broker.Storage.Files;

namespace Broker.Storage.Checkpoints;

/// <summary>
/// Kafka's checkpoint files: a line with the version 0, a line with the number of entries, a line an entry. An empty file has no entries,
/// as Apache Kafka creates such files before it first writes them.
/// </summary>
internal static class CheckpointText
{
    private static readonly UTF8Encoding Utf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <summary>The lines of the entries; none where there is no file.</summary>
    /// <exception cref="CorruptFileException">The file is not of the format.</exception>
    public static string[] Read(IFileSystem disk, string path)
    {
        byte[]? bytes = WholeFiles.Read(disk, path);
        if (bytes is null || bytes.Length == 0)
        {
            return [];
        }
        // Each line ends with a newline: without the last one the file is torn, even where what is left of its last number is a number too.
        if (bytes[^1] != (byte)'\n')
        {
            throw new CorruptFileException(path, "its last line has no end");
        }
        string[] lines = Decode(path, bytes).Split('\n');
        int count = lines.Length;
        while (count > 0 && lines[count - 1].AsSpan().Trim().IsEmpty)
        {
            count--;
        }
        if (count < 2 || !string.Equals(lines[0].Trim(), "0", StringComparison.Ordinal))
        {
            throw new CorruptFileException(path, "its first line is not the version 0");
        }
        if (!int.TryParse(lines[1].AsSpan().Trim(), NumberStyles.None, CultureInfo.InvariantCulture, out int entries) || entries != count - 2)
        {
            throw new CorruptFileException(path, $"it promises '{Shortened(lines[1])}' entries and has {count - 2}");
        }
        return lines[2..count];
    }

    public static void Write(IFileSystem disk, string path, int count, Action<StringBuilder> entries, bool durable)
    {
        StringBuilder text = new StringBuilder(64).Append("0\n").Append(count).Append('\n');
        entries(text);
        WholeFiles.Replace(disk, path, Utf8.GetBytes(text.ToString()), durable);
    }

    public static string Shortened(string line) => line.Length <= 80 ? line : line[..80] + "…";

    private static string Decode(string path, byte[] bytes)
    {
        try
        {
            return Utf8.GetString(bytes);
        }
        catch (DecoderFallbackException)
        {
            throw new CorruptFileException(path, "it is not UTF-8 text");
        }
    }
}
