using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using Game.Contracts;
using Game.GameServer.Actions;

namespace Game.GameServer.Accounts;

/// <summary>One attempt to log in: the same key with the same content is a retry.</summary>
/// <param name="IdempotencyKey">The sender's key.</param>
/// <param name="Content">A digest of what was sent, the secret included; the address is not part of it, as a player's may change before a retry.</param>
internal readonly record struct LoginAttempt(Guid IdempotencyKey, UInt128 Content)
{
    private const int Texts = 4;

    /// <param name="idempotencyKey">The sender's key.</param>
    /// <param name="request">A request whose fields are what they should be.</param>
    public static LoginAttempt Of(Guid idempotencyKey, SessionRequest request)
    {
        Span<byte> source = stackalloc byte[(Texts * sizeof(int)) + LoginIntake.MaxSecretBytes + ((Texts - 1) * ContractLimits.MaxIdBytes)];
        int used = 0;
        foreach (string text in (ReadOnlySpan<string>)[request.UserId!, request.Secret!, request.DeviceId!, request.ClientVersion!])
        {
            int length = Encoding.UTF8.GetBytes(text, source[(used + sizeof(int))..]);
            BinaryPrimitives.WriteInt32BigEndian(source[used..], length);
            used += sizeof(int) + length;
        }

        Span<byte> digest = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(source[..used], digest);
        return new(idempotencyKey, BinaryPrimitives.ReadUInt128BigEndian(digest));
    }
}
