using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Game.Detector.Rules;

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower,
    UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
    ReadCommentHandling = JsonCommentHandling.Skip,
    AllowTrailingCommas = true,
    WriteIndented = true)]
[JsonSerializable(typeof(RuleSet))]
internal sealed partial class RuleJsonContext : JsonSerializerContext;

/// <summary>
/// The rules with their parameters, as read from the file of <c>--rules</c>: <c>{"windows":{…},"ip_change":{…},"wealth_change":{…},"reused_id":{…}}</c>, each
/// part and each parameter optional. Do not change it once an engine uses it.
/// </summary>
public sealed record RuleSet
{
    /// <summary>Increase it when a change of the code gives other scores with the same parameters: then alerts get new ids.</summary>
    private const int FormulaRevision = 3;

    private const int VersionDigits = 12;

    public WindowParameters Windows { get; set; } = new();

    public IpChangeParameters IpChange { get; set; } = new();

    public WealthChangeParameters WealthChange { get; set; } = new();

    public ReusedIdParameters ReusedId { get; set; } = new();

    /// <summary>A hash of everything that the scores of ip-change depend on.</summary>
    [JsonIgnore]
    public string IpChangeVersion => Version(IpChangeParameters.Name, new RuleSet { Windows = Windows, IpChange = IpChange });

    /// <summary>A hash of everything that the scores of wealth-change depend on, the ratings of logins included.</summary>
    [JsonIgnore]
    public string WealthChangeVersion
        => Version(WealthChangeParameters.Name, new RuleSet { Windows = Windows, IpChange = IpChange, WealthChange = WealthChange });

    /// <summary>A hash of everything that the scores of reused-id depend on.</summary>
    [JsonIgnore]
    public string ReusedIdVersion => Version(ReusedIdParameters.Name, new RuleSet { ReusedId = ReusedId });

    /// <summary>Reads rules. Any bytes give either a rule set or one sentence that says what is wrong.</summary>
    public static bool TryParse(ReadOnlySpan<byte> json, out RuleSet rules, out string problem)
    {
        rules = new RuleSet();
        problem = "";
        try
        {
            rules = JsonSerializer.Deserialize(json, RuleJsonContext.Default.RuleSet) ?? new RuleSet();
        }
        catch (JsonException e)
        {
            problem = "The rules are invalid: " + e.Message;
            return false;
        }

        problem = rules.Problem() ?? "";
        return problem.Length == 0;
    }

    /// <summary>The rules as a file of <c>--rules</c> holds them.</summary>
    public string ToJson() => JsonSerializer.Serialize(this, RuleJsonContext.Default.RuleSet);

    private string? Problem()
    {
        if (Windows is null || IpChange is null || WealthChange is null || ReusedId is null)
        {
            return "The rules hold null where an object is needed.";
        }
        return Windows.Problem() ?? IpChange.Problem() ?? WealthChange.Problem() ?? ReusedId.Problem();
    }

    private static string Version(string rule, RuleSet rules)
    {
        byte[] canonical = JsonSerializer.SerializeToUtf8Bytes(rules, RuleJsonContext.Default.RuleSet);
        byte[] hash = SHA256.HashData([FormulaRevision, .. Encoding.ASCII.GetBytes(rule), .. canonical]);
        return Convert.ToHexStringLower(hash)[..VersionDigits];
    }
}
