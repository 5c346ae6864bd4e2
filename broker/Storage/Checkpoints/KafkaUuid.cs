using System.Buffers.Text;

namespace Broker.Storage.Checkpoints;

/// <summary>Kafka's text form of a UUID: its 16 bytes, big-endian, as 22 characters of URL-safe base64 without padding.</summary>
public static class KafkaUuid
{
    /// <summary>The 22 characters.</summary>
    public static string Format(Guid id)
    {
        Span<byte> bytes = stackalloc byte[16];
        id.TryWriteBytes(bytes, bigEndian: true, out _);
        return Base64Url.EncodeToString(bytes);
    }

    /// <summary>False where the text is not such a form.</summary>
    public static bool TryParse(string text, out Guid id)
    {
        id = Guid.Empty;
        // Java's decoder accepts padding, so a file edited by hand may have it.
        ReadOnlySpan<char> bare = text.AsSpan().TrimEnd('=');
        Span<byte> bytes = stackalloc byte[18];
        if (bare.Length != 22 || !Base64Url.IsValid(bare) || !Base64Url.TryDecodeFromChars(bare, bytes, out int written) || written != 16)
        {
            return false;
        }
        id = new Guid(bytes[..16], bigEndian: true);
        return true;
    }
}
