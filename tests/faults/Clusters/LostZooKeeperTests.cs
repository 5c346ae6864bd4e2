using Faults.Tests.Brokers;
using Running;

namespace Faults.Tests.Clusters;

/// <summary>ZooKeeper loses its data while a cluster runs, and gets it again from a copy.</summary>
public sealed class LostZooKeeperTests : IAsyncLifetime
{
    private Cluster? _cluster;
    private ClusterLoad? _load;

    public async ValueTask InitializeAsync()
    {
        Assert.SkipWhen(ZooKeeperServer.AbsentWithClient is not null, ZooKeeperServer.AbsentWithClient ?? "");
        _cluster = await Cluster.StartAsync();
        _load = await ClusterLoad.StartAsync(_cluster, withJava: false);
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
    }

    [Fact]
    public async Task Brokers_serve_meanwhile_and_do_not_act_on_the_empty_tree()
    {
        await Health.IsWholeAsync(_cluster!, ClusterLoad.AllPartitions);
        ZooKeeperServer zooKeeper = _cluster!.ZooKeeper;
        string copy = zooKeeper.DataFolder + "-copy";
        await zooKeeper.StopAsync();
        Directory.Move(zooKeeper.DataFolder, copy);
        await zooKeeper.StartAsync();
        await Task.Delay(Cluster.Session * 2, TestContext.Current.CancellationToken);
        await _load!.FlowsAsync();
        await zooKeeper.StopAsync();
        Directory.Delete(zooKeeper.DataFolder, recursive: true);
        Directory.Move(copy, zooKeeper.DataFolder);
        await zooKeeper.StartAsync();

        await Health.IsWholeAsync(_cluster, ClusterLoad.AllPartitions);
        await _load.FlowsAsync();
        Verdict verdict = await _load.FinishAsync();
        verdict.ShouldBeClean();
    }
}
