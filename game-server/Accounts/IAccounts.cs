namespace Game.GameServer.Accounts;

/// <summary>Where players' secrets are checked. The demo's accounts stand in for a game's own account service.</summary>
internal interface IAccounts
{
    /// <summary>Whether the secret is this player's. Called from any thread; for one connection in the order of its logins.</summary>
    ValueTask<bool> VerifyAsync(string userId, string secret, CancellationToken cancellation);
}
