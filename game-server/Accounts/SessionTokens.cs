using System.Buffers.Binary;
using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using Game.GameServer.Memory;
using Microsoft.AspNetCore.DataProtection;

namespace Game.GameServer.Accounts;

/// <summary>
/// Session tokens: a session's four values, encrypted and signed by the framework's data protection. Every game server with the same key ring reads them.
/// Thread-safe.
/// </summary>
internal sealed class SessionTokens(IDataProtectionProvider protection, TimeProvider time)
{
    /// <summary>Characters of a token: the three texts at their longest, plus what protection adds, in base64url.</summary>
    public const int MaxLength = 1024;

    /// <summary>
    /// The decrypted sessions of the last tokens that are remembered at least; at most twice as many. Some 600 bytes each: 40 MB, enough for every player of a
    /// busy server.
    /// </summary>
    public const int RecentSessions = 32_768;

    private const byte Format = 1;
    private const int FixedBytes = 1 + sizeof(long);

    private readonly IDataProtector _protector = protection.CreateProtector("Game.GameServer.Session.v1");
    // Decrypting a token costs several microseconds, and a player sends many trades with one token.
    private readonly Lock _gate = new();
    private readonly RecentMap<string, Session> _recent = new(RecentSessions);

    public string Create(Session session)
    {
        int length = FixedBytes + SizeOf(session.UserId) + SizeOf(session.SessionId) + SizeOf(session.Ip);
        byte[] plain = new byte[length];
        plain[0] = Format;
        BinaryPrimitives.WriteInt64BigEndian(plain.AsSpan(1), session.ExpiresAt);
        Span<byte> rest = plain.AsSpan(FixedBytes);
        WriteText(ref rest, session.UserId);
        WriteText(ref rest, session.SessionId);
        WriteText(ref rest, session.Ip);
        return Base64Url.EncodeToString(_protector.Protect(plain));
    }

    /// <summary>The session of a token that a server with the same keys made and that has not expired; null for any other text.</summary>
    public Session? Read(string token)
    {
        Session? session = Find(token);
        if (session is null)
        {
            session = Open(token);
            if (session is null)
            {
                return null;
            }

            lock (_gate)
            {
                _recent.Set(token, session);
            }
        }

        return session.ExpiresAt > time.GetUtcNow().ToUnixTimeMilliseconds() ? session : null;
    }

    private Session? Find(string token)
    {
        lock (_gate)
        {
            return _recent.TryGet(token, out Session session) ? session : null;
        }
    }

    private Session? Open(string token)
    {
        if (token.Length > MaxLength || !Base64Url.IsValid(token))
        {
            return null;
        }
        try
        {
            return Parse(_protector.Unprotect(Base64Url.DecodeFromChars(token)));
        }
        catch (CryptographicException) // forged, cut short, or signed with a key that is not in the ring
        {
            return null;
        }
    }

    private static Session? Parse(ReadOnlySpan<byte> plain)
    {
        if (plain.Length < FixedBytes || plain[0] != Format)
        {
            return null;
        }
        long expiresAt = BinaryPrimitives.ReadInt64BigEndian(plain[1..]);
        ReadOnlySpan<byte> rest = plain[FixedBytes..];
        return new(ReadText(ref rest), ReadText(ref rest), ReadText(ref rest), expiresAt);
    }

    // One length byte: identifiers have at most 128 bytes (ContractLimits.MaxIdBytes).
    private static int SizeOf(string text) => 1 + Encoding.UTF8.GetByteCount(text);

    private static void WriteText(ref Span<byte> target, string text)
    {
        int length = Encoding.UTF8.GetBytes(text, target[1..]);
        target[0] = checked((byte)length);
        target = target[(1 + length)..];
    }

    private static string ReadText(ref ReadOnlySpan<byte> source)
    {
        string text = Encoding.UTF8.GetString(source.Slice(1, source[0]));
        source = source[(1 + source[0])..];
        return text;
    }
}
