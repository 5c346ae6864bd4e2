using Game.Contracts;
using Game.Worlds;
using Game.Worlds.Timeline;

namespace Game.Demo.Tests.Worlds;

/// <summary>What has nothing to do with play must not tell frauds from honest play: detection that learned it would fail in a real game.</summary>
public sealed class GiveawayTests
{
    private const int Worlds = 16;

    [Theory]
    [InlineData(EventKind.Login)]
    [InlineData(EventKind.Trade)]
    public void Ids_versions_formats_and_channels_give_no_fraud_away(EventKind kind)
    {
        List<Sample>[] worlds = [.. Enumerable.Range(1, Worlds).Select(seed => Play(seed, kind))];
        Sample[] learned = [.. worlds.Take(Worlds / 2).SelectMany(world => world)], judged = [.. worlds.Skip(Worlds / 2).SelectMany(world => world)];
        Dictionary<string, double> evidence = Learn(learned);
        AreaUnderCurve([.. judged.Select(one => (one.Traits.Sum(trait => evidence.GetValueOrDefault(trait)), one.IsFraud))]).ShouldBeLessThan(0.55);
    }

    /// <summary>The logarithm of how much more often frauds have a trait than honest events.</summary>
    private static Dictionary<string, double> Learn(Sample[] samples)
    {
        double frauds = samples.Count(one => one.IsFraud), honest = samples.Length - frauds;
        return samples.SelectMany(one => one.Traits.Select(trait => (trait, one.IsFraud))).GroupBy(one => one.trait)
            .ToDictionary(trait => trait.Key,
                trait => Math.Log(Share(trait.Count(one => one.IsFraud), frauds) / Share(trait.Count(one => !one.IsFraud), honest)));

        static double Share(int part, double whole) => (part + 1) / (whole + 2);
    }

    private static double AreaUnderCurve((double Score, bool IsFraud)[] samples)
    {
        double frauds = samples.Count(one => one.IsFraud), below = 0, area = 0;
        foreach (IGrouping<double, (double Score, bool IsFraud)> tie in samples.GroupBy(one => one.Score).OrderBy(tie => tie.Key))
        {
            double honest = tie.Count(one => !one.IsFraud);
            area += (tie.Count() - honest) * (below + (honest / 2));
            below += honest;
        }
        return area / frauds / below;
    }

    private static List<Sample> Play(int seed, EventKind kind)
    {
        Period period = new(1_789_948_800_000, 1_789_948_800_000 + 10 * Period.DayMs);
        GameWorld world = new(WorldSettings.Draw(seed), seed, players: 300, new Geography(), period);
        ActionEvents events = new("gs-1", world.Located);
        List<Sample> samples = [];
        foreach (GameAction action in new WorldTimeline(world, period, campaigns: 20).Play())
        {
            samples.AddRange(events.Of(action).Where(value => value.Kind == kind).Select(value => new Sample(TraitsOf(value), action.Fraud is not null)));
        }
        return samples;
    }

    private static string[] TraitsOf(PlayerEvent value)
    {
        string id = value.EventId.ToString("N");
        string[] common = [$"version {id[12]}", $"random {id[13]}", $"end {id[^1]}", $"user {value.UserId.Length}", $"ts {value.Ts % 10}"];
        return value switch
        {
            LoginEvent login => [.. common, $"client {login.ClientVersion}", $"device {login.DeviceId.Length}"],
            TradeEvent trade => [.. common, $"channel {trade.Channel}", $"trade {trade.TradeId.Length}", $"partner {trade.CounterpartyId.Length}"],
            _ => common,
        };
    }

    private sealed record Sample(string[] Traits, bool IsFraud);
}
