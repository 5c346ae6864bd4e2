using System.Security.Cryptography;
using System.Text;
using Game.Contracts;
using Game.GameServer.Accounts;
using Game.GameServer.Addresses;
using Game.GameServer.Memory;
using Game.GameServer.Telemetry;

namespace Game.GameServer.Actions;

/// <summary>Makes the event of a login, whether it succeeds or fails. Thread-safe.</summary>
internal sealed class LoginIntake(
    ServerIdentity server,
    IAccounts accounts,
    FailedLogins failures,
    KnownPlaces places,
    RecentEvents recentEvents,
    SessionTokens tokens,
    AddressTable addresses,
    ActionTraces traces,
    TimeProvider time,
    ILogger<LoginIntake> log)
{
    internal const int MaxSecretBytes = 256;
    private const int SessionIdBytes = 16;

    private bool _accountsFail;

    /// <summary>The first problem of the request's fields; null when there is none.</summary>
    public static Problem? Check(SessionRequest request)
    {
        FieldChecks checks = default;
        checks.Text(request.UserId, "user_id", 1);
        checks.Bytes(request.Secret, "secret", 1, MaxSecretBytes);
        checks.Text(request.DeviceId, "device_id", 0);
        checks.Text(request.ClientVersion, "client_version", 0);
        return checks.Problem;
    }

    /// <summary>
    /// Checks the secret and makes the login's event, or refuses a request whose key came with other content before: readers of the log would treat its event,
    /// which has the same id, as a repeat of the first. The secret is checked before the key, so that a wrong secret counts with any key.
    /// </summary>
    /// <param name="request">A request that <see cref="Check"/> accepted.</param>
    /// <param name="key">The sender's idempotency key.</param>
    /// <param name="address">The player's address.</param>
    /// <param name="place">The place of that address and device, found before the call.</param>
    /// <param name="traceParent">The sender's W3C traceparent, or null.</param>
    /// <param name="cancellation">Ends the wait for the accounts.</param>
    public async ValueTask<Decision> DecideAsync(
        SessionRequest request, Guid key, ClientAddress address, LoginPlace place, string? traceParent, CancellationToken cancellation)
    {
        LoginAttempt attempt = LoginContent.AttemptOf(key, request);
        if (await JudgeAsync(place, request.Secret!, attempt, cancellation) is not { } outcome)
        {
            return Problems.AccountsUnavailable;
        }

        LoginEvent login = MakeEvent(request, key, address, outcome);
        if (!recentEvents.TryUse(new EventUse(login, (ulong)attempt.Content)))
        {
            return Problems.IdempotencyKeyReused;
        }

        if (outcome == LoginOutcome.Ok)
        {
            failures.Succeeded(place, attempt);
            places.Add(login.UserId, address.Value, login.DeviceId);
        }

        ActionTrace trace = traces.Begin("publish login", key, traceParent);
        Answer answer = outcome == LoginOutcome.Ok ? Open(login) : Problems.LoginFailed(outcome, login.EventId);
        return new PlayerAction(login, null, Schemas.Headers(Schemas.Login, trace.TraceParent), answer) { Activity = trace.Activity };
    }

    // Null when the accounts did not answer.
    private async ValueTask<LoginOutcome?> JudgeAsync(LoginPlace place, string secret, LoginAttempt attempt, CancellationToken cancellation)
    {
        if (!failures.Admit(place, attempt))
        {
            return LoginOutcome.Locked;
        }

        using CancellationTokenSource timeout = new(server.AccountsTimeout, time);
        using CancellationTokenSource end = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, cancellation);
        try
        {
            bool isRight = await accounts.VerifyAsync(place.UserId, secret, end.Token).AsTask().WaitAsync(end.Token);
            _accountsFail = false;
            return isRight ? LoginOutcome.Ok : LoginOutcome.BadPassword;
        }
        catch (Exception e) when (!cancellation.IsCancellationRequested) // accounts may be a team's own code and throw anything
        {
            failures.Withdraw(place, attempt);
            // Logs the first failure only, until the accounts answer again.
            if (!_accountsFail)
            {
                log.AccountsFailed(e);
            }

            _accountsFail = true;
            return null;
        }
    }

    private LoginEvent MakeEvent(SessionRequest request, Guid key, ClientAddress address, LoginOutcome outcome)
    {
        AddressInfo info = addresses.Find(address.Value);
        return new()
        {
            EventId = EventIds.ForSide(key, TradeSide.First),
            UserId = request.UserId!,
            Ts = time.GetUtcNow().ToUnixTimeMilliseconds(),
            ServerId = server.Id,
            SessionId = outcome == LoginOutcome.Ok ? SessionId(request.UserId!, key) : "",
            Ip = address.Text,
            Country = info.Country,
            Asn = info.Asn,
            Lat = info.Lat,
            Lon = info.Lon,
            DeviceId = request.DeviceId!,
            ClientVersion = request.ClientVersion!,
            Outcome = outcome,
        };
    }

    private SessionOpened Open(LoginEvent login)
    {
        long expiresAt = login.Ts + (long)server.SessionLifetime.TotalMilliseconds;
        string token = tokens.Create(new(login.UserId, login.SessionId, login.Ip, expiresAt));
        return new(login.EventId, login.SessionId, token, expiresAt);
    }

    // Computed from the player and the key, so that a retry at any server opens the same session.
    private static string SessionId(string userId, Guid key)
    {
        Span<byte> source = stackalloc byte[16 + ContractLimits.MaxIdBytes];
        key.TryWriteBytes(source, bigEndian: true, out int used);
        used += Encoding.UTF8.GetBytes(userId, source[used..]);
        Span<byte> digest = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(source[..used], digest);
        return Convert.ToHexStringLower(digest[..SessionIdBytes]);
    }
}
