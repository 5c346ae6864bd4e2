using System.Text.Json.Serialization;

namespace Game.Contracts;

/// <summary>A player's part in a planted campaign.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<CampaignRole>))]
public enum CampaignRole
{
    [JsonStringEnumMemberName("victim")]
    Victim,
    [JsonStringEnumMemberName("attacker")]
    Attacker,
    [JsonStringEnumMemberName("mule")]
    Mule,
}

/// <summary>
/// What the simulator planted; only evaluation reads it. One record with an empty <see cref="EventId"/> for each player of a campaign when it starts, and one
/// for each fraudulent event.
/// </summary>
public sealed record SimulationTruth
{
    public required string CampaignId { get; init; }

    /// <summary>"account-takeover" or "gold-drain".</summary>
    public required string Scenario { get; init; }

    public required CampaignRole Role { get; init; }

    public required string UserId { get; init; }

    /// <summary>Id of a fraudulent event of this player; null for the record that opens the campaign.</summary>
    public Guid? EventId { get; init; }

    /// <summary>When it was planned for, epoch milliseconds.</summary>
    public required long Ts { get; init; }
}
