using System.Diagnostics;

namespace Game.Cli.Bench;

/// <summary>Waits until brokers say something of the partitions of some topics, each broker by itself.</summary>
/// <param name="brokers">Whom to ask.</param>
/// <param name="topics">The number of partitions by topic.</param>
internal sealed class ClusterMetadata(IUnderTest brokers, IReadOnlyDictionary<string, int> topics)
{
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(50);

    /// <summary>Every partition has a leader.</summary>
    public bool IsLed(MetadataAnswer answer) => All(answer, partition => answer.Brokers.Contains(partition.Leader));

    /// <summary>Every broker is alive, and every partition has a leader and all its replicas in sync.</summary>
    public bool IsWhole(MetadataAnswer answer)
        => answer.Brokers.Count == brokers.Addresses.Count && IsLed(answer) && All(answer, partition => partition.InSync == partition.Replicas);

    /// <summary>Waits until all brokers, or those that are named, say so.</summary>
    /// <param name="what">What they are to say, for the error.</param>
    /// <param name="says">Whether an answer says it.</param>
    /// <param name="limit">How long to wait.</param>
    /// <param name="cancellation">Ends the wait.</param>
    /// <param name="except">The id of a broker that is not asked; 0 for none.</param>
    /// <returns>The last answer.</returns>
    /// <exception cref="UserErrorException">The time is over.</exception>
    public async Task<MetadataAnswer> UntilAsync(string what, Func<MetadataAnswer, bool> says, TimeSpan limit, CancellationToken cancellation, int except = 0)
    {
        MetadataAnswer? last = null;
        long start = Stopwatch.GetTimestamp();
        foreach (string address in brokers.Addresses.Where((_, i) => i + 1 != except))
        {
            while ((last = await MetadataProbe.AskAsync(address, [.. topics.Keys], cancellation)) is null || !says(last))
            {
                if (Stopwatch.GetElapsedTime(start) > limit)
                {
                    throw new UserErrorException($"{brokers.Name}: after {limit.TotalSeconds:F0} s the broker at {address} does not say that {what}.");
                }
                await Task.Delay(Interval, cancellation);
            }
        }
        return last!;
    }

    private bool All(MetadataAnswer answer, Func<PartitionMetadata, bool> holds)
        => topics.All(topic => answer.Topics.GetValueOrDefault(topic.Key) is { } partitions && partitions.Count == topic.Value && partitions.All(holds));
}
