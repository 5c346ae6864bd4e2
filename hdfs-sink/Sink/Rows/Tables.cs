using Game.Contracts;

namespace Game.HdfsSink.Rows;

/// <summary>The topics that the sink has tables for.</summary>
internal static class Tables
{
    public static IReadOnlyList<string> Known { get; } = [Topics.Alerts, Topics.PlayerEvents, Topics.Labels];

    public static ITable Of(string topic) => topic switch
    {
        Topics.Alerts => new AlertTable(),
        Topics.PlayerEvents => new PlayerEventTable(),
        Topics.Labels => new LabelTable(),
        _ => throw new ArgumentException($"The sink has no table for the topic '{topic}': it knows {string.Join(", ", Known)}.", nameof(topic)),
    };
}
