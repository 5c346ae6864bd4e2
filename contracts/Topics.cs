namespace Game.Contracts;

/// <summary>One topic of the system: its name and how it is created.</summary>
/// <param name="Name">The topic's name.</param>
/// <param name="Partitions">Its partition count, which never changes.</param>
/// <param name="Configs">Topic configurations by Kafka's names.</param>
public sealed record TopicSpec(string Name, int Partitions, IReadOnlyDictionary<string, string> Configs);

/// <summary>The system's topics. <c>alerts</c> and <c>detector-state</c> have as many partitions as <c>player-events</c>.</summary>
public sealed class Topics
{
    public const string PlayerEvents = "player-events";
    public const string Alerts = "alerts";
    public const string AlertsPriority = "alerts-priority";
    public const string DetectorState = "detector-state";
    public const string DetectorRules = "detector-rules";
    public const string Labels = "labels";
    public const string DeadLetters = "dead-letters";
    public const string SimulationTruth = "simulation-truth";

    /// <summary>Partitions of <c>player-events</c> where no option sets another number.</summary>
    public const int DefaultPartitions = 12;

    private const int SmallTopicPartitions = 3;

    private readonly Dictionary<string, TopicSpec> _byName;

    /// <param name="partitions">Partitions of <c>player-events</c>, 1 to 10,000.</param>
    public Topics(int partitions = DefaultPartitions)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(partitions, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(partitions, 10_000);
        TopicSpec[] all =
        [
            // Detectors keep no checkpoints: they rebuild their windows from the start of player-events, and find in alerts what has been raised. Neither may
            // expire.
            new(PlayerEvents, partitions, DeleteNothing),
            new(Alerts, partitions, DeleteNothing),
            new(AlertsPriority, SmallTopicPartitions, Delete),
            new(DetectorState, partitions, Compact),
            new(DetectorRules, 1, new Dictionary<string, string> { ["cleanup.policy"] = "compact", ["max.message.bytes"] = "16777216" }),
            new(Labels, SmallTopicPartitions, Compact),
            new(DeadLetters, SmallTopicPartitions, Delete),
            new(SimulationTruth, SmallTopicPartitions, Delete),
        ];
        _byName = all.ToDictionary(topic => topic.Name);
    }

    public IReadOnlyCollection<TopicSpec> All => _byName.Values;

    public TopicSpec this[string name] => _byName[name];

    private static Dictionary<string, string> Delete => new() { ["cleanup.policy"] = "delete" };

    private static Dictionary<string, string> DeleteNothing => new() { ["cleanup.policy"] = "delete", ["retention.ms"] = "-1", ["retention.bytes"] = "-1" };

    private static Dictionary<string, string> Compact => new() { ["cleanup.policy"] = "compact" };
}
