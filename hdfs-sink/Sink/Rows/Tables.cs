using Game.Contracts;

namespace Game.HdfsSink.Rows;

/// <summary>The topics that the sink has tables for.</summary>
internal static class Tables
{
    public static IReadOnlyList<string> Known { get; } = [Topics.Alerts, Topics.PlayerEvents, Topics.Labels, Topics.SimulationTruth];

    /// <exception cref="FormatException">There is no table for that topic; the message is one sentence.</exception>
    public static ITable Of(string topic) => topic switch
    {
        Topics.Alerts => new AlertTable(),
        Topics.PlayerEvents => new PlayerEventTable(),
        Topics.Labels => new LabelTable(),
        Topics.SimulationTruth => new SimulationTruthTable(),
        _ => throw new FormatException($"The sink has no table for the topic '{topic}': it knows {string.Join(", ", Known)}."),
    };
}
