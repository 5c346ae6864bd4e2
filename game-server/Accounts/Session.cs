namespace Game.GameServer.Accounts;

/// <summary>An open session, as read from its token.</summary>
/// <param name="UserId">The player.</param>
/// <param name="SessionId">The session's id.</param>
/// <param name="Ip">The address the player logged in from.</param>
/// <param name="ExpiresAt">Epoch milliseconds.</param>
internal sealed record Session(string UserId, string SessionId, string Ip, long ExpiresAt);
