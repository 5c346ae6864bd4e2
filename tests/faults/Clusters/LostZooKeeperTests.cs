using Load;
using Running;

namespace Faults.Tests.Clusters;

/// <summary>ZooKeeper loses its data while a cluster runs, and gets it again from a copy.</summary>
public sealed class LostZooKeeperTests : LoadedCluster
{
    [Fact]
    public async Task Brokers_serve_meanwhile_and_do_not_act_on_the_empty_tree()
    {
        await StartAsync(withJava: false);
        ZooKeeperServer zooKeeper = Cluster.ZooKeeper;
        string copy = zooKeeper.DataFolder + "-copy";
        await zooKeeper.StopAsync();
        Directory.Move(zooKeeper.DataFolder, copy);
        await zooKeeper.StartAsync();
        await Task.Delay(Cluster.Session * 2, TestContext.Current.CancellationToken);
        await Load.FlowsAsync();
        await zooKeeper.StopAsync();
        Directory.Delete(zooKeeper.DataFolder, recursive: true);
        Directory.Move(copy, zooKeeper.DataFolder);
        await zooKeeper.StartAsync();

        await IsWholeAsync();
        await Load.FlowsAsync();
        Verdict verdict = await Load.FinishAsync(TestContext.Current.CancellationToken);
        verdict.ShouldBeClean();
    }
}
