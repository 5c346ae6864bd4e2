using System.ComponentModel;
using Game.Contracts;

namespace Game.GameServer.Actions;

/// <summary>The answer to an action, over HTTP or a stream.</summary>
internal abstract record Answer
{
    /// <summary>The HTTP status, which the stream uses too.</summary>
    [System.Text.Json.Serialization.JsonIgnore]
    public abstract int Status { get; }
}

/// <summary>A login that succeeded and is in the log.</summary>
internal sealed record SessionOpened(
    Guid EventId,
    string SessionId,
    [property: Description("Send it in trades.")] string SessionToken,
    [property: Description("Epoch milliseconds.")] long ExpiresAt) : Answer
{
    public override int Status => StatusCodes.Status201Created;
}

/// <summary>A trade both of whose events are in the log.</summary>
internal sealed record TradeRecorded(string TradeId, Guid First, Guid Second) : Answer
{
    public override int Status => StatusCodes.Status201Created;

    /// <summary>The event id of the first side, then of the second.</summary>
    public Guid[] EventIds => [First, Second];
}

/// <summary>A refusal or failure, with the members of RFC 9457.</summary>
internal sealed record Problem(int HttpStatus, string Code, string Title, string Detail) : Answer
{
    public override int Status => HttpStatus;

    /// <summary>The field that is wrong, as a path (<c>first.gold_delta</c>).</summary>
    public string? Field { get; init; }

    /// <summary>The event id of a failed login, which is published too; null for other problems.</summary>
    public Guid? EventId { get; init; }

    public LoginOutcome? Outcome { get; init; }

    /// <summary>Seconds.</summary>
    public int? RetryAfter { get; init; }
}

/// <summary>The shape of a problem over HTTP, for the OpenAPI document only: <see cref="AnswerWriter"/> writes the problems themselves.</summary>
internal sealed record ProblemBody(
    [property: Description("urn:game:problem: and the code.")] string Type,
    string Title,
    int Status,
    [property: Description("One sentence.")] string Detail,
    string Code,
    [property: Description("The field that is wrong, as a path.")] string? Field,
    [property: Description("The event of a failed login, which is published.")] Guid? EventId,
    [property: Description("bad-password or locked.")] string? Outcome);
