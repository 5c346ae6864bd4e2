namespace Game.GameServer.Accounts;

/// <summary>
/// Where players' secrets are checked: the demo's accounts, or a team's own, which <see cref="GameServerProgram.RunAsync"/> is given. Which attempts are let
/// through to it is the server's affair: it limits and counts wrong secrets.
/// </summary>
public interface IAccounts
{
    /// <summary>Whether the secret is this player's. Called from any thread, many at once; for one connection in the order of its logins.</summary>
    /// <param name="userId">1 to 128 bytes of UTF-8 without control characters; the player may not exist.</param>
    /// <param name="secret">1 to 256 bytes of UTF-8, as the client sent it.</param>
    /// <param name="cancellation">Cancelled when the client has gone, and after the publish time-out (5 s by default).</param>
    /// <returns>False too where there is no such player. An exception, or no answer in time, is answered 503: nothing is published and no wrong secret
    /// counted.</returns>
    ValueTask<bool> VerifyAsync(string userId, string secret, CancellationToken cancellation);
}
