using System.Collections.Immutable;
using Broker.Server.Metadata.Znodes;

namespace Broker.Server.Metadata;

/// <summary>Kafka's algorithm of placing replicas: leaders go round the brokers, followers are shifted so that a broker's load spreads over all
/// others.</summary>
internal static class ReplicaPlacement
{
    /// <summary>Places the partitions of a new topic.</summary>
    /// <param name="brokers">The live brokers with their racks.</param>
    /// <param name="replicationFactor">1 to the number of brokers.</param>
    /// <param name="random">For where to begin.</param>
    internal static ImmutableSortedDictionary<int, ReplicaAssignment> Place(
        IReadOnlyList<(int Id, string? Rack)> brokers, int partitions, int replicationFactor, Random random)
    {
        int[] order = Order(brokers);
        int start = random.Next(order.Length);
        int shift = random.Next(order.Length);
        return Place(order, Racks(brokers), 0, partitions, replicationFactor, start, shift).ToImmutableSortedDictionary();
    }

    /// <summary>Places partitions that are added to a topic: the round robin continues from the first replica of partition 0.</summary>
    /// <param name="first">The first replica of partition 0.</param>
    internal static ImmutableSortedDictionary<int, ReplicaAssignment> Extend(
        IReadOnlyList<(int Id, string? Rack)> brokers, int existing, int added, int replicationFactor, int first)
    {
        int[] order = Order(brokers);
        int start = Math.Max(0, Array.FindIndex(order, id => id >= first));
        return Place(order, Racks(brokers), existing, added, replicationFactor, start, start).ToImmutableSortedDictionary();
    }

    /// <summary>
    /// The brokers by id; where every broker has a rack, one of each rack in turn, so that neighbours are in different racks.
    /// </summary>
    private static int[] Order(IReadOnlyList<(int Id, string? Rack)> brokers)
    {
        if (Racks(brokers) is null)
        {
            return [.. brokers.Select(broker => broker.Id).Order()];
        }
        int[][] racks = brokers.GroupBy(broker => broker.Rack!, StringComparer.Ordinal).OrderBy(rack => rack.Key, StringComparer.Ordinal)
            .Select(rack => rack.Select(broker => broker.Id).Order().ToArray()).ToArray();
        int longest = racks.Max(rack => rack.Length);
        return [.. Enumerable.Range(0, longest).SelectMany(i => racks.Where(rack => i < rack.Length).Select(rack => rack[i]))];
    }

    private static Dictionary<int, string>? Racks(IReadOnlyList<(int Id, string? Rack)> brokers) =>
        brokers.All(broker => broker.Rack is not null) && brokers.Count > 0 ? brokers.ToDictionary(broker => broker.Id, broker => broker.Rack!) : null;

    private static IEnumerable<KeyValuePair<int, ReplicaAssignment>> Place(
        int[] order, Dictionary<int, string>? racks, int from, int count, int replicationFactor, int start, int shift)
    {
        for (int partition = from; partition < from + count; partition++)
        {
            if (partition > 0 && partition % order.Length == 0)
            {
                shift++;
            }
            int first = (partition + start) % order.Length;
            int[] replicas = racks is null ? Shifted(order, first, shift, replicationFactor) : OverRacks(order, racks, first, shift, replicationFactor);
            yield return KeyValuePair.Create(partition, new ReplicaAssignment(replicas));
        }
    }

    private static int[] Shifted(int[] order, int first, int shift, int replicationFactor)
    {
        int[] replicas = new int[replicationFactor];
        replicas[0] = order[first];
        for (int j = 0; j < replicationFactor - 1; j++)
        {
            replicas[j + 1] = order[(first + 1 + ((shift + j) % (order.Length - 1))) % order.Length];
        }
        return replicas;
    }

    private static int[] OverRacks(int[] order, Dictionary<int, string> racks, int first, int shift, int replicationFactor)
    {
        int rackCount = racks.Values.Distinct(StringComparer.Ordinal).Count();
        List<int> replicas = new() { order[first] };
        HashSet<string> usedRacks = new(StringComparer.Ordinal) { racks[order[first]] };
        for (int k = 0; replicas.Count < replicationFactor; k++)
        {
            int candidate = order[(first + 1 + (((shift * rackCount) + k) % (order.Length - 1))) % order.Length];
            string rack = racks[candidate];
            // Every rack gets one before a rack gets two; every broker before a broker gets two.
            if ((usedRacks.Contains(rack) && usedRacks.Count < rackCount) || replicas.Contains(candidate))
            {
                continue;
            }
            replicas.Add(candidate);
            usedRacks.Add(rack);
        }

        return [.. replicas];
    }
}
