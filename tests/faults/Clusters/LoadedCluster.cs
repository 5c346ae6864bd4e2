using Load;
using Running;

namespace Faults.Tests.Clusters;

/// <summary>A test of a cluster on a real ZooKeeper, under load. Where it fails, it tells what the brokers said last.</summary>
public abstract class LoadedCluster : IAsyncLifetime
{
    private Cluster? _cluster;
    private ClusterLoad? _load;

    private protected Cluster Cluster => _cluster!;

    private protected ClusterLoad Load => _load!;

    private protected bool HasStarted => _load is not null;

    public ValueTask InitializeAsync()
    {
        Assert.SkipWhen(ZooKeeperServer.AbsentWithClient is not null, ZooKeeperServer.AbsentWithClient ?? "");
        return ValueTask.CompletedTask;
    }

    public async ValueTask DisposeAsync()
    {
        if (_load is not null)
        {
            await _load.DisposeAsync();
        }
        if (_cluster is not null)
        {
            foreach (int id in Cluster.Ids)
            {
                Vital.TellIfFailed(Cluster.NameOf(id), _cluster.LogOf(id));
            }
            await _cluster.DisposeAsync();
        }
        GC.SuppressFinalize(this);
    }

    /// <summary>Starts the cluster and its load, and waits until all replicas are in sync.</summary>
    private protected async Task StartAsync(bool withJava)
    {
        _cluster = await Cluster.StartAsync();
        await _cluster.CreateTopicAsync(ClusterLoad.Topic, ClusterLoad.Partitions);
        _load = await ClusterLoad.StartAsync(_cluster.BootstrapServers, withJava);
        await IsWholeAsync();
    }

    /// <summary>Waits until all replicas are in sync.</summary>
    private protected Task<TimeSpan> IsWholeAsync() => Health.IsWholeAsync(Cluster, ClusterLoad.Partitions + Cluster.OffsetsPartitions);
}
