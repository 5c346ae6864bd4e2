using System.Globalization;
using System.Text;
using System.Text.Json;
using Broker.Storage.Files;

namespace Broker.Storage.Checkpoints;

/// <summary>
/// <c>.kafka_cleanshutdown</c>: its presence says that everything was flushed. It may hold the broker's epoch; what it holds otherwise does not matter,
/// as older releases left it empty.
/// </summary>
internal static class CleanShutdownMarker
{
    /// <summary>Whether the marker exists; <paramref name="brokerEpoch"/> is -1 where it holds none.</summary>
    public static bool TryRead(IFileSystem disk, string path, out long brokerEpoch)
    {
        brokerEpoch = -1;
        byte[]? bytes = WholeFiles.Read(disk, path);
        if (bytes is null)
        {
            return false;
        }
        try
        {
            using JsonDocument json = JsonDocument.Parse(bytes);
            if (json.RootElement.ValueKind == JsonValueKind.Object
                && json.RootElement.TryGetProperty("brokerEpoch", out JsonElement epoch)
                && epoch.ValueKind == JsonValueKind.Number
                && epoch.TryGetInt64(out long value))
            {
                brokerEpoch = value;
            }
        }
        catch (JsonException)
        {
            // An empty marker counts as well.
        }
        return true;
    }

    public static void Write(IFileSystem disk, string path, long brokerEpoch)
        => WholeFiles.Replace(disk, path,
        Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{{\"version\":0,\"brokerEpoch\":{brokerEpoch}}}")), durable: true);
}
