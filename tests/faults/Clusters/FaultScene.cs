using Load;
using Running;

namespace Faults.Tests.Clusters;

/// <summary>Who is who in a cluster when a fault begins, by the leader of one partition.</summary>
internal sealed record FaultScene(Cluster Cluster, int Leader, int Follower, int Controller, Random Random)
{
    public static async Task<FaultScene> NowAsync(Cluster cluster, Random random)
    {
        int leader = cluster.LeaderOf(ClusterLoad.Topic, random.Next(ClusterLoad.Partitions));
        int follower = (leader + random.Next(Cluster.Size - 1)) % Cluster.Size + 1;
        return new FaultScene(cluster, leader, follower, await cluster.ControllerAsync(), random);
    }

    /// <summary>A time that the others do not notice, or just do.</summary>
    public Task BrieflyAsync() => Task.Delay(Cluster.Session * (0.1 + 0.5 * Random.NextDouble()));

    /// <summary>A time after which ZooKeeper has ended the session of who was away, and replicas fall out of sync.</summary>
    public Task LongAsync() => Task.Delay(Cluster.Session * (1.6 + Random.NextDouble()));

    /// <summary>Anything from a moment to a long time.</summary>
    public Task ForAWhileAsync() => Task.Delay(Cluster.Session * 2 * Random.NextDouble());

    /// <summary>Lets a process stand still.</summary>
    public static async Task PauseAsync(int processId, Func<Task> meanwhile)
    {
        Signals.Send(processId, Signal.Stop);
        try
        {
            await meanwhile();
        }
        finally
        {
            Signals.Send(processId, Signal.Continue);
        }
    }

    public async Task KillAsync(params int[] brokers)
    {
        await Task.WhenAll(brokers.Select(Cluster.KillAsync));
        await ForAWhileAsync();
        await Task.WhenAll(brokers.Select(broker => Cluster[broker].StartAgainAsync()));
    }

    /// <summary>Loses what is sent in these directions, for long.</summary>
    public async Task CutAsync(params (string From, string To)[] directions)
    {
        await Task.WhenAll(directions.Select(direction => Cluster.Network!.CutAsync(direction.From, direction.To)));
        await LongAsync();
        await Task.WhenAll(directions.Select(direction => Cluster.Network!.JoinAsync(direction.From, direction.To)));
    }
}
