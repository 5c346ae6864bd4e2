namespace Game.GameServer.Actions;

/// <summary>What events, sessions and answers follow from.</summary>
/// <param name="Id">The events' <c>server_id</c>.</param>
/// <param name="SessionLifetime">How long a session's token is good.</param>
/// <param name="AccountsPatience">How long the accounts may take to check a secret.</param>
internal sealed record ServerIdentity(string Id, TimeSpan SessionLifetime, TimeSpan AccountsPatience);
