using Game.Contracts;
using static Microsoft.AspNetCore.Http.StatusCodes;

namespace Game.GameServer.Actions;

/// <summary>Every problem that the server answers; docs/game-server-api.md has the same table.</summary>
internal static class Problems
{
    /// <summary>Within this time a restart of a broker, or a change of leader, is usually over.</summary>
    private const int UnavailableRetrySeconds = 1;

    public static readonly Problem MalformedJson = new(Status400BadRequest, "malformed-json", "The request is malformed",
        "The body or frame is not one JSON object.");

    public static readonly Problem IdempotencyKey = new(
        Status400BadRequest, "idempotency-key", "The idempotency key is missing or malformed",
            "Every action needs an idempotency key of its own: a UUID version 7.");

    public static readonly Problem IdempotencyKeyReused = new(
        Status422UnprocessableEntity, "idempotency-key-reused", "The idempotency key was used before",
        "This key came with another login or trade; every one needs a key of its own, and only a retry of exactly the same request has the same key.");

    public static readonly Problem Credential = new(
        Status401Unauthorized, "credential", "The service credential is missing or wrong", "This needs 'Authorization: Bearer' with the service credential.");

    public static readonly Problem TooLarge = new(
        Status413PayloadTooLarge, "too-large", "The request is too large", $"A body or frame has at most {RequestJson.MaxBytes} bytes.");

    public static readonly Problem MediaType = new(Status415UnsupportedMediaType, "media-type", "The content type is not JSON",
        "The body must be application/json.");

    public static readonly Problem UpgradeRequired = new(
        Status426UpgradeRequired, "upgrade-required", "A WebSocket is needed", "This address is a WebSocket: open it with a WebSocket handshake.");

    public static readonly Problem Unavailable = new(
        Status503ServiceUnavailable, "unavailable", "The brokers cannot be reached",
        "The brokers did not acknowledge in time; send the same request with the same key again.")
    { RetryAfter = UnavailableRetrySeconds };

    public static readonly Problem AccountsUnavailable = new(
        Status503ServiceUnavailable, "accounts-unavailable", "The accounts cannot be reached",
            "The secret could not be checked; nothing was published. Try again.")
    { RetryAfter = UnavailableRetrySeconds };

    public static readonly Problem NotReady = new(
        Status503ServiceUnavailable, "not-ready", "Not ready", "The brokers cannot be reached, or this server is stopping.")
    { RetryAfter = UnavailableRetrySeconds };

    public static readonly Problem NoClientAddress = new(
        Status400BadRequest, "client-address", "The client's address is not known",
        "The connection has no address of its own: a proxy on a local socket must be a trusted one and send X-Forwarded-For.");

    public static readonly Problem Internal = new(
        Status500InternalServerError, "internal", "An error of this server", "Nothing is known about the action; send it again with the same key.");

    public static Problem InvalidField(string field, string detail) => new(Status400BadRequest, "invalid-field", "A field is invalid", detail)
    {
        Field = field.Length == 0 ? null : field,
    };

    public static Problem SessionInvalid(string side) => new(
        Status422UnprocessableEntity, "session-invalid", "A session is not valid", $"The session token of the {side} side is forged or has expired.")
    {
        Field = side + ".session_token",
    };

    public static Problem RateLimited(int retryAfterSeconds) => new(
        Status429TooManyRequests, "rate-limited", "Too many logins",
            "Too many logins were sent for this player from here, or too many that failed from this address.")
    { RetryAfter = retryAfterSeconds };

    /// <summary>A login that failed and was published.</summary>
    public static Problem LoginFailed(LoginOutcome outcome, Guid eventId) => (outcome == LoginOutcome.Locked
        ? new Problem(Status401Unauthorized, "locked", "The account is locked", "There were too many failed logins from here; try again later.")
        : new Problem(Status401Unauthorized, "bad-password", "The login failed", "The user id and the secret do not belong together."))
        with
    { EventId = eventId, Outcome = outcome };

    /// <summary>The problem for a request that the framework refused before it reached an endpoint.</summary>
    public static Problem ForStatus(int status) => status switch
    {
        Status404NotFound => new(status, "not-found", "Not found", "There is nothing at this address; see /openapi/v1.json."),
        Status405MethodNotAllowed
            => new(status, "method-not-allowed", "The method is not allowed", "This address does not accept this method; see /openapi/v1.json."),
        Status413PayloadTooLarge => TooLarge,
        Status415UnsupportedMediaType => MediaType,
        Status500InternalServerError => Internal,
        _ => new(status, "refused", "The request was refused", "The request was refused before it was read."),
    };
}
