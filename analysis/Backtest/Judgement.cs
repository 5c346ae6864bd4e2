namespace Game.Analysis.Backtest;

/// <summary>A campaign as the truth names it.</summary>
/// <param name="Users">All its accounts.</param>
/// <param name="Victims">Those of them that lose by it.</param>
internal sealed record TrueCampaign(string Id, string Scenario, IReadOnlyCollection<string> Users, IReadOnlyCollection<string> Victims);

/// <summary>What became of a campaign.</summary>
/// <param name="Minutes">From its first event to the first alert on one of its accounts; null where there was none in time.</param>
/// <param name="Events">Its events up to that alert.</param>
/// <param name="LostBefore">Share of all that its victims lost that was gone when the alert came, 1 without an alert; null without victims.</param>
internal sealed record CampaignOutcome(string Scenario, double? Minutes, int Events, double? LostBefore)
{
    public bool IsCaught => Minutes is not null;
}

/// <summary>False alerts and days of a kind of honest player.</summary>
/// <param name="PlayerDays">Days on which one of them had an event.</param>
/// <param name="FalseAlerts">By rule.</param>
internal sealed record KindOutcome(long PlayerDays, IReadOnlyDictionary<string, int> FalseAlerts);

/// <summary>An alert of a judgement.</summary>
/// <param name="Day">Of its event, from the epoch.</param>
/// <param name="Score">0 to 1.</param>
/// <param name="IsTrue">Whether it catches a campaign.</param>
internal readonly record struct JudgedAlert(long Day, double Score, bool IsTrue);

/// <summary>
/// How a detector did on one log. An alert counts as catching a campaign from the campaign's first event to ten events of the account after its last, on any of
/// its accounts. Every alert on an account that no campaign names is false, repeats too.
/// </summary>
internal sealed record Judgement(
    IReadOnlyList<CampaignOutcome> Campaigns, IReadOnlyDictionary<string, KindOutcome> Kinds, IReadOnlyList<JudgedAlert> Alerts)
{
    public const int EventsAfter = 10;

    private const long MillisPerDay = 86_400_000;

    public long PlayerDays => Kinds.Values.Sum(kind => kind.PlayerDays);

    public int FalseAlerts => Kinds.Values.Sum(kind => kind.FalseAlerts.Values.Sum());

    /// <param name="log">What was played.</param>
    /// <param name="campaigns">The truth.</param>
    /// <param name="kindOf">What is special about an honest player.</param>
    public static Judgement Of(PlayedLog log, IReadOnlyCollection<TrueCampaign> campaigns, Func<string, string> kindOf)
    {
        Dictionary<string, int> accountOf = log.Users.Index().ToDictionary(user => user.Item, user => user.Index, StringComparer.Ordinal);
        Dictionary<int, string> guilty = [];
        foreach (TrueCampaign campaign in campaigns)
        {
            foreach (string user in campaign.Users.Where(accountOf.ContainsKey))
            {
                guilty[accountOf[user]] = campaign.Id;
            }
        }
        ILookup<string, int> eventsOf = Enumerable.Range(0, log.Events.Count).Where(i => guilty.ContainsKey(log.Events[i].Account))
            .ToLookup(i => guilty[log.Events[i].Account], StringComparer.Ordinal);
        ILookup<int, int> alertsOf = log.Alerts.ToLookup(alert => log.Events[alert.Event].Account, alert => alert.Event);
        HashSet<int> catching = [];
        List<CampaignOutcome> outcomes = [];
        foreach (TrueCampaign campaign in campaigns)
        {
            int[] events = [.. eventsOf[campaign.Id]], own = [.. events.Where(i => log.Events[i].Campaign == campaign.Id)];
            if (own.Length > 0)
            {
                int[] alerts = [.. events.GroupBy(i => log.Events[i].Account)
                    .SelectMany(account => InTime([.. account], own[0], own[^1], alertsOf[account.Key])).Order()];
                catching.UnionWith(alerts);
                HashSet<int> victims = [.. campaign.Victims.Where(accountOf.ContainsKey).Select(user => accountOf[user])];
                outcomes.Add(Outcome(log, campaign.Scenario, own, alerts.Length > 0 ? alerts[0] : null, victims));
            }
        }
        return new Judgement(outcomes, Honest(log, guilty, kindOf), [.. log.Alerts.Select(alert
            => new JudgedAlert(log.Events[alert.Event].Ts / MillisPerDay, alert.Score, catching.Contains(alert.Event)))]);
    }

    private static CampaignOutcome Outcome(PlayedLog log, string scenario, int[] own, int? alert, HashSet<int> victims)
    {
        int[] losses = [.. own.Where(i => victims.Contains(log.Events[i].Account) && log.Events[i].Loss > 0)];
        double lost = losses.Sum(i => (double)log.Events[i].Loss);
        if (alert is not { } first)
        {
            return new CampaignOutcome(scenario, null, own.Length, lost > 0 ? 1 : null);
        }
        double before = losses.Where(i => i <= first).Sum(i => (double)log.Events[i].Loss);
        return new CampaignOutcome(scenario, (log.Events[first].Ts - log.Events[own[0]].Ts) / 60_000.0, own.Count(i => i <= first),
            lost > 0 ? before / lost : null);
    }

    private static IEnumerable<int> InTime(int[] account, int first, int last, IEnumerable<int> alerts)
    {
        int end = account.Where(i => i > last).Skip(EventsAfter - 1).DefaultIfEmpty(int.MaxValue).First();
        return alerts.Where(alert => alert >= first && alert <= end);
    }

    private static Dictionary<string, KindOutcome> Honest(PlayedLog log, Dictionary<int, string> guilty, Func<string, string> kindOf)
    {
        string[] kinds = [.. log.Users.Select(kindOf)];
        ILookup<string, RaisedAlert> falseAlerts = log.Alerts.Where(alert => !guilty.ContainsKey(log.Events[alert.Event].Account))
            .ToLookup(alert => kinds[log.Events[alert.Event].Account], StringComparer.Ordinal);
        return log.Events.Where(e => !guilty.ContainsKey(e.Account)).Select(e => (e.Account, Day: e.Ts / MillisPerDay)).Distinct()
            .CountBy(day => kinds[day.Account], StringComparer.Ordinal)
            .ToDictionary(kind => kind.Key, kind => new KindOutcome(kind.Value, ByRule(falseAlerts[kind.Key])), StringComparer.Ordinal);
    }

    private static Dictionary<string, int> ByRule(IEnumerable<RaisedAlert> alerts)
        => alerts.CountBy(alert => alert.Rule, StringComparer.Ordinal).ToDictionary(StringComparer.Ordinal);
}
