namespace Game.GameServer.Accounts;

/// <summary>
/// Checks players' secrets: the demo's accounts, or a team's own, which it passes to <see cref="GameServerProgram.RunAsync"/>. The server itself limits logins
/// and counts wrong secrets, and calls this only for attempts that are within the limits.
/// </summary>
public interface IAccounts
{
    /// <summary>Whether the secret is this player's. Called from any thread, many at once; for one connection in the order of its logins.</summary>
    /// <param name="userId">1 to 128 bytes of UTF-8 without control characters; the player may not exist.</param>
    /// <param name="secret">1 to 256 bytes of UTF-8, as the client sent it.</param>
    /// <param name="cancellation">Cancelled when the client has disconnected, and after the publish time-out (5 s by default).</param>
    /// <returns>
    /// True when the secret is right; false when it is wrong or there is no such player. When the call throws or does not return in time, the server answers
    /// 503, publishes nothing and counts no wrong secret.
    /// </returns>
    ValueTask<bool> VerifyAsync(string userId, string secret, CancellationToken cancellation);
}
