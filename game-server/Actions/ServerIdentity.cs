namespace Game.GameServer.Actions;

/// <summary>What events and sessions say of this server.</summary>
/// <param name="Id">The events' <c>server_id</c>.</param>
/// <param name="SessionLifetime">How long a session's token is good.</param>
internal sealed record ServerIdentity(string Id, TimeSpan SessionLifetime);
