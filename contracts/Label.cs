using System.Text.Json;
using System.Text.Json.Serialization;

namespace Game.Contracts;

/// <summary>An analyst's verdict on the event or alert whose id is the record's key.</summary>
public sealed record Label
{
    public required string UserId { get; init; }

    /// <summary>"fraud", "honest" or "unsure".</summary>
    public required string Verdict { get; init; }

    /// <summary>Epoch milliseconds.</summary>
    public required long LabelledAt { get; init; }

    public required string Source { get; init; }

    [JsonExtensionData]
    public Dictionary<string, JsonElement>? Extra { get; set; }
}
