namespace Game.GameServer.Actions;

/// <summary>The settings of this server that go into events and sessions.</summary>
/// <param name="Id">The events' <c>server_id</c>.</param>
/// <param name="SessionLifetime">How long a session's token is valid.</param>
/// <param name="AccountsTimeout">How long the accounts may take to check a secret.</param>
internal sealed record ServerIdentity(string Id, TimeSpan SessionLifetime, TimeSpan AccountsTimeout);
