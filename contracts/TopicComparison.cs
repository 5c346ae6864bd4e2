using System.Globalization;

namespace Game.Contracts;

/// <summary>A topic as the cluster describes it.</summary>
/// <param name="Partitions">Its partition count.</param>
/// <param name="Replicas">Replicas of the partition that has the fewest.</param>
/// <param name="Configs">The settings in force by Kafka's names, the broker's defaults included.</param>
internal sealed record FoundTopic(int Partitions, int Replicas, IReadOnlyDictionary<string, string> Configs);

/// <summary>Compares a topic that exists with what the contract says of it. What loses state is refused; what only weakens a guarantee is a warning.</summary>
internal static class TopicComparison
{
    public const string MinInsyncReplicas = "min.insync.replicas";

    /// <summary>
    /// With this many replicas or more, two remain when one broker fails: enough for producers to continue with <c>min.insync.replicas=2</c>.
    /// </summary>
    public const int SafeReplicas = 3;

    public const int SafeInsyncReplicas = 2;

    private const string MaxMessageBytes = "max.message.bytes";
    private const string UncleanElection = "unclean.leader.election.enable";

    /// <summary>The clients' batches have up to a million bytes; a topic with a lower limit refuses some of them.</summary>
    private const int LargestBatchBytes = 1_000_000;

    /// <summary>Why the system would lose state on this topic, in one sentence that says what to do; null where it would not.</summary>
    public static string? FindLoss(TopicSpec topic, FoundTopic found)
    {
        if (found.Partitions != topic.Partitions)
        {
            return $"The topic {topic.Name} has {found.Partitions} partitions, not {topic.Partitions}: "
                + $"start with --partitions {found.Partitions}, or use another cluster.";
        }

        foreach ((string setting, string wanted) in topic.Configs)
        {
            if (found.Configs.TryGetValue(setting, out string? actual) && LosesState(setting, wanted, actual))
            {
                return $"The topic {topic.Name} has {setting}={actual}, which loses records that the system needs: set {setting}={wanted} "
                    + $"(kafka-configs.sh --alter --entity-type topics --entity-name {topic.Name} --add-config {setting}={wanted}), or use another cluster.";
            }
        }

        return null;
    }

    /// <summary>What weakens a guarantee, each in one sentence.</summary>
    /// <param name="topic">What the contract says.</param>
    /// <param name="found">What the cluster has.</param>
    /// <param name="brokers">Brokers of the cluster.</param>
    public static IEnumerable<string> FindWarnings(TopicSpec topic, FoundTopic found, int brokers)
    {
        int wanted = Math.Min(brokers, SafeReplicas);
        if (found.Replicas < wanted)
        {
            yield return $"The topic {topic.Name} has {found.Replicas} replica(s) a partition on {brokers} brokers, so that records may be lost "
                + $"when a broker fails: give it {wanted} with kafka-reassign-partitions.sh.";
        }

        if (Number(found, MinInsyncReplicas) is { } insync)
        {
            if (found.Replicas >= SafeReplicas && insync < SafeInsyncReplicas)
            {
                yield return $"The topic {topic.Name} has {MinInsyncReplicas}={insync}, so that an acknowledged record may be on one broker only: "
                    + $"set it to {SafeInsyncReplicas}.";
            }
            else if (insync > found.Replicas)
            {
                yield return $"The topic {topic.Name} has {MinInsyncReplicas}={insync} but {found.Replicas} replica(s) a partition, "
                    + "so that nothing can be written: lower the former or raise the latter.";
            }
        }

        long bytes = topic.Configs.TryGetValue(MaxMessageBytes, out string? size) ? long.Parse(size, CultureInfo.InvariantCulture) : LargestBatchBytes;
        if (Number(found, MaxMessageBytes) < bytes)
        {
            yield return $"The topic {topic.Name} has {MaxMessageBytes}={found.Configs[MaxMessageBytes]}, so that large batches are refused: "
                + $"set it to {bytes} or more.";
        }

        if (found.Replicas > 1 && found.Configs.GetValueOrDefault(UncleanElection) == "true")
        {
            yield return $"The topic {topic.Name} has {UncleanElection}=true, so that acknowledged records may be lost when a leader fails: set it to false.";
        }
    }

    private static bool LosesState(string setting, string wanted, string actual) => setting switch
    {
        "cleanup.policy" => !Words(wanted).SetEquals(Words(actual)),
        "retention.ms" or "retention.bytes" => wanted == "-1" && actual != "-1",
        _ => false,
    };

    private static HashSet<string> Words(string list)
        => new(list.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries), StringComparer.Ordinal);

    private static long? Number(FoundTopic found, string setting)
        => long.TryParse(found.Configs.GetValueOrDefault(setting), CultureInfo.InvariantCulture, out long number) ? number : null;
}
