using Game.Contracts;
using Game.GameServer.Accounts;

namespace Game.GameServer.Actions;

/// <summary>Distinguishes attempts to log in by everything that the player sent.</summary>
internal static class LoginContent
{
    private const int Texts = 4;

    /// <summary>The attempt of a key, with a digest of everything that the player sent, the secret included.</summary>
    /// <param name="key">The sender's key.</param>
    /// <param name="request">A request that <see cref="LoginIntake.Check"/> accepted.</param>
    public static LoginAttempt AttemptOf(Guid key, SessionRequest request)
    {
        ContentDigest digest = new(stackalloc byte[(Texts * ContentDigest.LengthBytes) + LoginIntake.MaxSecretBytes
            + ((Texts - 1) * ContractLimits.MaxIdBytes)]);
        digest.Add(request.UserId!);
        digest.Add(request.Secret!);
        digest.Add(request.DeviceId!);
        digest.Add(request.ClientVersion!);
        return new LoginAttempt(key, digest.Compute());
    }
}
