namespace Game.Analysis.Backtest;

/// <summary>Campaigns of one scenario in all worlds.</summary>
/// <param name="Recall">Share of them that were caught.</param>
/// <param name="Minutes">Median from the first event to the alert, of those caught; null where none was.</param>
/// <param name="Events">Median number of a campaign's events up to the alert, of those caught.</param>
/// <param name="LostBefore">Mean share of the victims' loss that was gone before the alert, of all with victims; null without.</param>
internal sealed record ScenarioResult(string Scenario, int Campaigns, int Caught, Interval Recall, double? Minutes, double? Events, double? LostBefore);

/// <summary>Honest players of one kind in all worlds.</summary>
/// <param name="Kind">What is special about them.</param>
/// <param name="PlayerDays">Days on which one of them had an event.</param>
/// <param name="FalseAlerts">By rule.</param>
internal sealed record KindResult(string Kind, long PlayerDays, IReadOnlyDictionary<string, int> FalseAlerts)
{
    public int AllFalseAlerts => FalseAlerts.Values.Sum();

    /// <summary>For each 1,000 player-days.</summary>
    public double Rate => 1000.0 * AllFalseAlerts / PlayerDays;
}

/// <summary>How a detector did in several worlds together.</summary>
/// <param name="Name">Of the configuration.</param>
/// <param name="Recall">Share of all campaigns that were caught; null without campaigns.</param>
/// <param name="FalseAlerts">On honest players, for each 1,000 player-days.</param>
/// <param name="Precision">Share of true ones among the alerts of the highest scores of each day, of which it gives as many as the budget allows.</param>
internal sealed record BacktestResult(
    string Name, int Worlds, long PlayerDays, Interval? Recall, Interval FalseAlerts, double? Precision, IReadOnlyList<ScenarioResult> Scenarios,
    IReadOnlyList<KindResult> Kinds)
{
    /// <summary>Alerts for each 1,000 player-days that analysts look at.</summary>
    public const double Budget = 0.7;

    /// <param name="name">Of the configuration.</param>
    /// <param name="worlds">One judgement for each world.</param>
    /// <exception cref="UserErrorException">There is no event in any world.</exception>
    public static BacktestResult Of(string name, IReadOnlyList<Judgement> worlds)
    {
        Interval falseAlerts = Interval.OfRatio([.. worlds.Select(world => (1000.0 * world.FalseAlerts, (double)world.PlayerDays))])
            ?? throw new UserErrorException("There is no event of an honest player to judge by.");
        return new BacktestResult(name, worlds.Count, worlds.Sum(world => world.PlayerDays), RecallOf(worlds, _ => true), falseAlerts, PrecisionOf(worlds),
            [.. worlds.SelectMany(world => world.Campaigns).GroupBy(campaign => campaign.Scenario).OrderBy(group => group.Key, StringComparer.Ordinal)
                .Select(group => ScenarioOf(group.Key, [.. group], worlds))],
            [.. worlds.SelectMany(world => world.Kinds).GroupBy(kind => kind.Key).OrderBy(group => group.Key, StringComparer.Ordinal)
                .Select(group => KindOf(group.Key, [.. group.Select(kind => kind.Value)]))]);
    }

    private static Interval? RecallOf(IReadOnlyList<Judgement> worlds, Func<CampaignOutcome, bool> counts)
        => Interval.OfRatio([.. worlds.Select(world => world.Campaigns.Where(counts).ToArray())
            .Select(campaigns => ((double)campaigns.Count(one => one.IsCaught), (double)campaigns.Length))]);

    private static ScenarioResult ScenarioOf(string scenario, IReadOnlyList<CampaignOutcome> campaigns, IReadOnlyList<Judgement> worlds)
    {
        CampaignOutcome[] caught = [.. campaigns.Where(campaign => campaign.IsCaught)];
        return new ScenarioResult(scenario, campaigns.Count, caught.Length, RecallOf(worlds, campaign => campaign.Scenario == scenario)!.Value,
            Median([.. caught.Select(campaign => campaign.Minutes!.Value)]), Median([.. caught.Select(campaign => (double)campaign.Events)]),
            campaigns.Average(campaign => campaign.LostBefore));
    }

    private static KindResult KindOf(string kind, IReadOnlyList<KindOutcome> outcomes) => new(kind, outcomes.Sum(one => one.PlayerDays),
        outcomes.SelectMany(one => one.FalseAlerts).GroupBy(rule => rule.Key).OrderBy(rule => rule.Key, StringComparer.Ordinal)
            .ToDictionary(rule => rule.Key, rule => rule.Sum(one => one.Value)));

    private static double? PrecisionOf(IReadOnlyList<Judgement> worlds)
    {
        JudgedAlert[] looked = [.. worlds.SelectMany(LookedAt)];
        return looked.Length == 0 ? null : (double)looked.Count(alert => alert.IsTrue) / looked.Length;
    }

    // A day's budget is seldom a whole number: what is left of it goes to the next day.
    private static IEnumerable<JudgedAlert> LookedAt(Judgement world)
    {
        IGrouping<long, JudgedAlert>[] days = [.. world.Alerts.GroupBy(alert => alert.Day).OrderBy(day => day.Key)];
        double daily = days.Length == 0 ? 0 : Budget * world.PlayerDays / 1000 / (days[^1].Key - days[0].Key + 1), left = 0;
        long last = days.Length == 0 ? 0 : days[0].Key - 1;
        foreach (IGrouping<long, JudgedAlert> day in days)
        {
            left = Math.Min(left, 1) + (daily * (day.Key - last));
            last = day.Key;
            JudgedAlert[] looked = [.. day.OrderByDescending(alert => alert.Score).Take((int)left)];
            left -= looked.Length;
            foreach (JudgedAlert alert in looked)
            {
                yield return alert;
            }
        }
    }

    private static double? Median(double[] values)
    {
        Array.Sort(values);
        return values.Length == 0 ? null : (values[(values.Length - 1) / 2] + values[values.Length / 2]) / 2;
    }
}
