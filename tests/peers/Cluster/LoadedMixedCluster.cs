using Load;

namespace Peers.Tests.Cluster;

/// <summary>
/// A test of three brokers, some of them Apache's and some ours, under load all the while. Where it fails, .build has the brokers' whole logs.
/// </summary>
public abstract class LoadedMixedCluster : IAsyncLifetime
{
    private const string OffsetsTopic = "__consumer_offsets";

    private MixedCluster? _cluster;
    private ClusterLoad? _load;

    private protected enum Kind
    {
        Apache,
        Ours,
    }

    private protected MixedCluster Cluster => _cluster!;

    private protected ClusterLoad Load => _load!;

    public ValueTask InitializeAsync()
    {
        Need.AllCases();
        Need.Cluster();
        return ValueTask.CompletedTask;
    }

    public async ValueTask DisposeAsync()
    {
        if (TestContext.Current.TestState?.Result == TestResult.Failed)
        {
            SaveLogs();
        }
        await (_load?.DisposeAsync() ?? ValueTask.CompletedTask);
        await (_cluster?.DisposeAsync() ?? ValueTask.CompletedTask);
        GC.SuppressFinalize(this);
    }

    /// <summary>Starts brokers 1, 2 and 3, of which the first controls, and the load. Each of them leads two partitions.</summary>
    private protected async Task StartAsync(params Kind[] kinds)
    {
        _cluster = await MixedCluster.StartAsync();
        await StartAsync(1, kinds[0]);
        await Task.WhenAll(StartAsync(2, kinds[1]), StartAsync(3, kinds[2]));
        await Cluster.IsControlledAsync(1);
        await Cluster.CreateTopicAsync(ClusterLoad.Topic, [1, 2, 3], [2, 3, 1], [3, 1, 2], [1, 3, 2], [2, 1, 3], [3, 2, 1]);
        _load = await ClusterLoad.StartAsync(Cluster.BootstrapServers, withJava: false);
        await IsWholeAsync();
    }

    private protected Task StartAsync(int id, Kind kind) => kind == Kind.Apache ? Cluster.StartApacheAsync(id) : Cluster.StartOursAsync(id);

    /// <summary>
    /// Kills a broker under load. The other two must serve without it, and it must come back in sync; commits that were answered before are still there.
    /// </summary>
    /// <param name="id">The broker.</param>
    /// <param name="meanwhile">What is checked while it is away; nothing where null.</param>
    private protected async Task SurvivesTheDeathOfAsync(int id, Func<Task>? meanwhile = null)
    {
        await Load.FlowsAsync();
        await Load.CommitAsync();
        await Cluster.KillAsync(id);
        await AreInSyncAsync(Cluster.Ids.Where(other => other != id));
        await (meanwhile?.Invoke() ?? Task.CompletedTask);
        await Load.FlowsAsync();
        await Load.CommitsSurvivedAsync();
        await Load.CommitAsync();
        await Cluster.StartAgainAsync(id);
        await IsWholeAsync();
        await Load.FlowsAsync();
        await Load.CommitsSurvivedAsync();
    }

    /// <summary>Waits until all replicas are in sync.</summary>
    private protected Task IsWholeAsync() => AreInSyncAsync(Cluster.Ids);

    /// <summary>How many partitions of the load's topic a broker leads.</summary>
    private protected int LedBy(int id) => Cluster.PartitionsOf(ClusterLoad.Topic).Count(partition => partition.Leader == id);

    /// <summary>Ends the load, compares all that was acknowledged and read with the logs, and the logs of all brokers with each other.</summary>
    private protected async Task EndsCleanAsync()
    {
        Verdict verdict = await Load.FinishAsync(TestContext.Current.CancellationToken);
        TestContext.Current.TestOutputHelper?.WriteLine(verdict.ToString());
        verdict.ShouldBeClean();
        await IsWholeAsync();
        await Cluster.IsSameAsync(ClusterLoad.Topic, ClusterLoad.Partitions);
        await Cluster.IsSameAsync(OffsetsTopic, MixedCluster.OffsetsPartitions);
    }

    private async Task AreInSyncAsync(IEnumerable<int> brokers)
    {
        await Cluster.IsInSyncAsync(ClusterLoad.Topic, ClusterLoad.Partitions, brokers);
        await Cluster.IsInSyncAsync(OffsetsTopic, MixedCluster.OffsetsPartitions, brokers);
    }

    private void SaveLogs()
    {
        string folder = Directory.CreateDirectory(Path.Combine(Repository.Root, ".build")).FullName;
        foreach (int id in _cluster?.Ids ?? [])
        {
            File.WriteAllText(Path.Combine(folder, $"mixed-broker-{id}.log"), Cluster.LogOf(id));
        }
        File.WriteAllText(Path.Combine(folder, "mixed-reader.log"), _load?.ReaderLog ?? "");
    }
}
