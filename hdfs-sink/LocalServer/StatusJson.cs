using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace Game.LocalWebHdfs;

/// <summary>Writes the JSON answers with the fields that Hadoop 3.4 writes.</summary>
internal static class StatusJson
{
    private const long BlockSize = 128L * 1024 * 1024; // HDFS's default; clients show it and split files by it
    private static readonly JsonWriterOptions Plain = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public static byte[] Boolean(bool value) => value ? """{"boolean":true}"""u8.ToArray() : """{"boolean":false}"""u8.ToArray();

    public static byte[] Fault(Fault fault) => Write(json =>
    {
        json.WriteStartObject("RemoteException");
        json.WriteString("exception", fault.Exception);
        json.WriteString("javaClassName", fault.JavaClass);
        json.WriteString("message", fault.Message);
        json.WriteEndObject();
    });

    public static byte[] Text(string name, string value) => Write(json => json.WriteString(name, value));

    public static byte[] FileStatus(Entry entry, int children) => Write(json =>
    {
        json.WriteStartObject("FileStatus");
        WriteStatus(json, entry, "", children);
        json.WriteEndObject();
    });

    public static byte[] FileStatuses(IEnumerable<(Entry Entry, string Suffix)> entries) => Write(json => WriteList(json, entries));

    /// <summary>One page of a listing.</summary>
    public static byte[] DirectoryListing(IEnumerable<(Entry Entry, string Suffix)> entries, int remaining) => Write(json =>
    {
        json.WriteStartObject("DirectoryListing");
        json.WriteStartObject("partialListing");
        WriteList(json, entries);
        json.WriteEndObject();
        json.WriteNumber("remainingEntries", remaining);
        json.WriteEndObject();
    });

    public static byte[] ContentSummary(long folders, long files, long bytes) => Write(json =>
    {
        json.WriteStartObject("ContentSummary");
        json.WriteNumber("directoryCount", folders);
        json.WriteString("ecPolicy", "");
        json.WriteNumber("fileCount", files);
        json.WriteNumber("length", bytes);
        json.WriteNumber("quota", -1);
        json.WriteNumber("snapshotDirectoryCount", 0);
        json.WriteNumber("snapshotFileCount", 0);
        json.WriteNumber("snapshotLength", 0);
        json.WriteNumber("snapshotSpaceConsumed", 0);
        json.WriteNumber("spaceConsumed", bytes);
        json.WriteNumber("spaceQuota", -1);
        json.WriteStartObject("typeQuota");
        json.WriteEndObject();
        json.WriteEndObject();
    });

    private static void WriteList(Utf8JsonWriter json, IEnumerable<(Entry Entry, string Suffix)> entries)
    {
        json.WriteStartObject("FileStatuses");
        json.WriteStartArray("FileStatus");
        foreach ((Entry entry, string suffix) in entries)
        {
            json.WriteStartObject();
            WriteStatus(json, entry, suffix, children: 0);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }

    private static void WriteStatus(Utf8JsonWriter json, Entry entry, string suffix, int children)
    {
        json.WriteNumber("accessTime", entry.IsFolder ? 0 : Millis(entry.AccessedAt));
        json.WriteNumber("blockSize", entry.IsFolder ? 0 : BlockSize);
        json.WriteNumber("childrenNum", children);
        json.WriteNumber("fileId", 0);
        json.WriteString("group", "supergroup");
        json.WriteNumber("length", entry.Length);
        json.WriteNumber("modificationTime", Millis(entry.ModifiedAt));
        json.WriteString("owner", Environment.UserName);
        json.WriteString("pathSuffix", suffix);
        json.WriteString("permission", entry.IsFolder ? "755" : "644");
        json.WriteNumber("replication", entry.IsFolder ? 0 : 1);
        json.WriteNumber("storagePolicy", 0);
        json.WriteString("type", entry.IsFolder ? "DIRECTORY" : "FILE");
    }

    private static long Millis(DateTime utc) => new DateTimeOffset(utc, TimeSpan.Zero).ToUnixTimeMilliseconds();

    private static byte[] Write(Action<Utf8JsonWriter> body)
    {
        ArrayBufferWriter<byte> buffer = new();
        using (Utf8JsonWriter json = new(buffer, Plain))
        {
            json.WriteStartObject();
            body(json);
            json.WriteEndObject();
        }

        return buffer.WrittenSpan.ToArray();
    }
}
