using System.Security.Cryptography;
using System.Text;

namespace Game.GameServer.Http;

/// <summary>The credentials that the game's world may use: more than one, so that an old one works until its replacement is in use everywhere.</summary>
internal sealed class ServiceCredential(IReadOnlyList<string> credentials)
{
    public const int MinLength = 16;
    public const int MaxLength = 512;
    public const int MaxCount = 4;

    private const string Scheme = "Bearer ";

    private readonly byte[][] _accepted = [.. credentials.Select(Encoding.ASCII.GetBytes)];

    /// <summary>Whether the request has one of them. The time that this takes depends on the length only, not on the characters.</summary>
    public bool IsCarriedBy(HttpRequest request)
    {
        string header = request.Headers.Authorization.ToString();
        if (!header.StartsWith(Scheme, StringComparison.OrdinalIgnoreCase) || header.Length > Scheme.Length + MaxLength)
        {
            return false;
        }
        Span<byte> presented = stackalloc byte[MaxLength * 3];
        int length = Encoding.UTF8.GetBytes(header.AsSpan(Scheme.Length), presented);
        bool matches = false;
        foreach (byte[] credential in _accepted)
        {
            matches |= CryptographicOperations.FixedTimeEquals(presented[..length], credential);
        }
        return matches;
    }

    /// <exception cref="FormatException">The text is not 1 to 4 lines of 16 to 512 visible ASCII characters.</exception>
    public static IReadOnlyList<string> ParseFile(string text)
    {
        string[] lines = text.Split('\n', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
        bool fits = lines.Length is >= 1 and <= MaxCount
            && Array.TrueForAll(lines, line => line.Length is >= MinLength and <= MaxLength && line.All(c => c is > ' ' and < (char)127));
        return fits ? lines : throw new FormatException($"It needs 1 to {MaxCount} lines, each of {MinLength} to {MaxLength} visible ASCII characters.");
    }
}
