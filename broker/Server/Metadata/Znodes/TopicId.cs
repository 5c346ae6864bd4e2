using System.Buffers.Text;
using Broker.Storage;

namespace Broker.Server.Metadata.Znodes;

/// <summary>Topic ids: random, and written as Kafka writes them, 22 characters of URL-safe base64 over the 16 bytes in network order.</summary>
internal static class TopicId
{
    /// <summary>The id of the metadata topic, which no other topic may get.</summary>
    private static readonly Guid MetadataTopic = new("00000000-0000-0000-0000-000000000001");

    /// <summary>A new id. None begins with '-', which command lines would take for an option.</summary>
    internal static Guid New(Random random)
    {
        while (true)
        {
            Guid id = random.NextUuid();
            if (id != Guid.Empty && id != MetadataTopic && Format(id)[0] != '-')
            {
                return id;
            }
        }
    }

    internal static string Format(Guid id)
    {
        Span<byte> bytes = stackalloc byte[16];
        id.TryWriteBytes(bytes, bigEndian: true, out _);
        return Base64Url.EncodeToString(bytes);
    }

    internal static bool TryParse(string? text, out Guid id)
    {
        id = Guid.Empty;
        Span<byte> bytes = stackalloc byte[16];
        if (text is null || text.Length != 22 || !Base64Url.TryDecodeFromChars(text, bytes, out int written) || written != 16)
        {
            return false;
        }
        id = new Guid(bytes, bigEndian: true);
        return true;
    }
}
