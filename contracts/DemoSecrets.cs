using System.Security.Cryptography;
using System.Text;

namespace Game.Contracts;

/// <summary>
/// The secrets of the demo's accounts. A secret is computed from the demo's key and the user id, so a process that has the key can check any secret within
/// microseconds, and no secret is stored.
/// </summary>
public static class DemoSecrets
{
    /// <summary>The key has at least this many bytes: an attacker could guess a shorter one.</summary>
    private const int MinKeyBytes = 16;

    /// <summary>Hexadecimal digits of a secret.</summary>
    public const int Length = 2 * HMACSHA256.HashSizeInBytes;

    /// <summary>Reads the text of a key file: the key is the UTF-8 bytes of the text without the white space at its ends.</summary>
    /// <exception cref="FormatException">The key is shorter than <see cref="MinKeyBytes"/>.</exception>
    public static byte[] ParseKey(string text)
    {
        byte[] key = Encoding.UTF8.GetBytes(text.Trim());
        return key.Length >= MinKeyBytes ? key : throw new FormatException($"The accounts' key has {key.Length} bytes; it needs at least {MinKeyBytes}.");
    }

    /// <summary>HMAC-SHA256 of the user id under the key, as lower-case hexadecimal digits.</summary>
    public static string For(ReadOnlySpan<byte> key, string userId)
        => Convert.ToHexStringLower(HMACSHA256.HashData(key, Encoding.UTF8.GetBytes(userId)));
}
