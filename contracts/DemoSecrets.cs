using System.Security.Cryptography;
using System.Text;

namespace Game.Contracts;

/// <summary>
/// The secrets of the demo's accounts: whoever holds the demo's key can make and check any player's, so that checking costs microseconds and nothing is stored.
/// </summary>
public static class DemoSecrets
{
    /// <summary>A shorter key could be guessed.</summary>
    public const int MinKeyBytes = 16;

    /// <summary>Hexadecimal digits of a secret.</summary>
    public const int Length = 2 * HMACSHA256.HashSizeInBytes;

    /// <summary>The key that a key file's text stands for: the text without white space at its ends, as UTF-8.</summary>
    /// <exception cref="FormatException">It is shorter than <see cref="MinKeyBytes"/>.</exception>
    public static byte[] ParseKey(string text)
    {
        byte[] key = Encoding.UTF8.GetBytes(text.Trim());
        return key.Length >= MinKeyBytes ? key : throw new FormatException($"The accounts' key has {key.Length} bytes; it needs at least {MinKeyBytes}.");
    }

    /// <summary>HMAC-SHA256 of the user id under the key, as lower-case hexadecimal digits.</summary>
    public static string For(ReadOnlySpan<byte> key, string userId)
        => Convert.ToHexStringLower(HMACSHA256.HashData(key, Encoding.UTF8.GetBytes(userId)));
}
