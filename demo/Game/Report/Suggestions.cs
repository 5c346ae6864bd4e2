namespace Game.Cli.Report;

/// <summary>Statements that verbs print for people to run next.</summary>
internal static class Suggestions
{
    public const string AlertsByRule = "select rule, severity, count(*) from alerts group by all";
    public const string WorstAlerts = "select user_id, reason from alerts order by score desc limit 10";
}
