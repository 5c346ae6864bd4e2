using System.ComponentModel;
using Game.Contracts;

namespace Game.GameServer.Actions;

/// <summary>What is answered to an action, over either transport.</summary>
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
    [property: Description("Goes into trades.")] string SessionToken,
    [property: Description("Epoch milliseconds.")] long ExpiresAt) : Answer
{
    public override int Status => StatusCodes.Status201Created;
}

/// <summary>A trade both of whose events are in the log.</summary>
internal sealed record TradeRecorded(string TradeId, Guid First, Guid Second) : Answer
{
    public override int Status => StatusCodes.Status201Created;

    /// <summary>The first side's, the second side's.</summary>
    public Guid[] EventIds => [First, Second];
}

/// <summary>Anything else. Has the members of RFC 9457.</summary>
internal sealed record Problem(int HttpStatus, string Code, string Title, string Detail) : Answer
{
    public override int Status => HttpStatus;

    /// <summary>The field that is wrong, as a path (<c>first.gold_delta</c>).</summary>
    public string? Field { get; init; }

    /// <summary>Of a failed login, which is published.</summary>
    public Guid? EventId { get; init; }

    public LoginOutcome? Outcome { get; init; }

    /// <summary>Seconds.</summary>
    public int? RetryAfter { get; init; }
}

/// <summary>How a problem looks over HTTP: the shape for the OpenAPI document; it is written by <see cref="AnswerWriter"/>.</summary>
internal sealed record ProblemBody(
    [property: Description("urn:game:problem: and the code.")] string Type,
    string Title,
    int Status,
    [property: Description("One sentence.")] string Detail,
    string Code,
    [property: Description("The field that is wrong, as a path.")] string? Field,
    [property: Description("Of a failed login, which is published.")] Guid? EventId,
    [property: Description("bad-password or locked.")] string? Outcome);
