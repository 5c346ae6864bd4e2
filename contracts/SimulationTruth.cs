using System.Text.Json;
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
/// A fraud that the simulator planted; only evaluations read it. When a campaign starts, the simulator writes one record with an empty <see cref="EventId"/>
/// for each of its players, then one for each fraudulent event.
/// </summary>
public sealed record SimulationTruth
{
    public required string CampaignId { get; init; }

    /// <summary>The kind of fraud, as the simulator names it.</summary>
    public required string Scenario { get; init; }

    public required CampaignRole Role { get; init; }

    public required string UserId { get; init; }

    /// <summary>Id of a fraudulent event of this player; null for the record that opens the campaign.</summary>
    public Guid? EventId { get; init; }

    /// <summary>The planned time of the event or of the campaign's start, epoch milliseconds.</summary>
    public required long Ts { get; init; }

    [JsonExtensionData]
    public Dictionary<string, JsonElement>? Extra { get; set; }
}
