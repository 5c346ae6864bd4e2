using System.Diagnostics;
using Running;

namespace Faults.Tests.Clusters;

/// <summary>Whether a cluster is whole, by what its brokers' metrics say.</summary>
internal static class Health
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(90);

    /// <summary>It must stay whole for so long: what has just happened to it need not be noticed yet.</summary>
    private static readonly TimeSpan Stable = Cluster.Session / 2;

    /// <summary>Waits until all brokers are there with one controller, and every partition has one leader and all replicas in sync.</summary>
    /// <param name="cluster">All its processes run.</param>
    /// <param name="partitions">Of all topics together.</param>
    /// <returns>After which time it was so, to stay.</returns>
    public static async Task<TimeSpan> IsWholeAsync(Cluster cluster, int partitions)
    {
        string? ill = null;
        Stopwatch time = Stopwatch.StartNew();
        TimeSpan whole = TimeSpan.Zero;
        try
        {
            await Until.HoldsAsync("the cluster is whole", Patience, async () =>
            {
                ill = await IllnessAsync(cluster, partitions);
                whole = ill is null ? whole : time.Elapsed;
                return time.Elapsed - whole > Stable;
            });
            return whole;
        }
        catch (TimeoutException e)
        {
            throw new TimeoutException($"{e.Message}: {ill}", e);
        }
    }

    private static async Task<string?> IllnessAsync(Cluster cluster, int partitions)
    {
        Dictionary<string, double>?[] all = await Task.WhenAll(Cluster.Ids.Select(id => cluster.PagesOf(id).GaugesAsync()));
        if (Array.FindIndex(all, gauges => gauges is null) is var silent and >= 0)
        {
            return $"broker {silent + 1} does not answer";
        }
        return Differs("controllers", "broker_controller_active_controller_count", 1)
            ?? Differs("brokers", "broker_controller_active_broker_count", Cluster.Size)
            ?? Differs("partitions led", "broker_partitions_led", partitions)
            ?? Differs("partitions under-replicated", "broker_partitions_under_replicated", 0)
            ?? Differs("partitions without a leader", "broker_controller_offline_partitions_count", 0);

        string? Differs(string what, string gauge, int wanted)
        {
            double[] found = [.. all.Select(gauges => gauges!.GetValueOrDefault(gauge))];
            return found.Sum() == wanted ? null : $"{what}: {string.Join(" + ", found)}, not {wanted}";
        }
    }
}
