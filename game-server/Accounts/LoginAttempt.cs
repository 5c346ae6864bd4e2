namespace Game.GameServer.Accounts;

/// <summary>One attempt to log in: the same key with the same content is a retry.</summary>
/// <param name="IdempotencyKey">The sender's key.</param>
/// <param name="Content">A digest of what was sent, the secret included; 0 where the attempt is known from the log, which holds no secret.</param>
internal readonly record struct LoginAttempt(Guid IdempotencyKey, UInt128 Content);
