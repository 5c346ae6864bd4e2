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
        var digest = new ContentDigest(stackalloc byte[(Texts * ContentDigest.LengthBytes) + LoginIntake.MaxSecretBytes + ((Texts - 1) * ContractLimits.MaxIdBytes)]);
        digest.Add(request.UserId!);
        digest.Add(request.Secret!);
        digest.Add(request.DeviceId!);
        digest.Add(request.ClientVersion!);
        return new(idempotencyKey, digest.Compute());
    }
}
