using System.Buffers;
using System.Security.Cryptography;
using System.Text;
using Game.Contracts;

namespace Game.GameServer.Accounts;

/// <summary>Every user id has an account; its secret follows from the demo's key (<see cref="DemoSecrets"/>), so nothing is stored.</summary>
internal sealed class DemoAccounts(byte[] key) : IAccounts
{
    public ValueTask<bool> VerifyAsync(string userId, string secret, CancellationToken cancellation) => ValueTask.FromResult(Verify(userId, secret));

    private bool Verify(string userId, string secret)
    {
        Span<byte> presented = stackalloc byte[HMACSHA256.HashSizeInBytes];
        if (secret.Length != DemoSecrets.Length || Convert.FromHexString(secret, presented, out _, out _) != OperationStatus.Done)
        {
            return false;
        }
        Span<byte> expected = stackalloc byte[HMACSHA256.HashSizeInBytes];
        Span<byte> id = stackalloc byte[ContractLimits.MaxIdBytes];
        if (!Encoding.UTF8.TryGetBytes(userId, id, out int length))
        {
            return false;
        }
        HMACSHA256.HashData(key, id[..length], expected);
        return CryptographicOperations.FixedTimeEquals(presented, expected);
    }
}
