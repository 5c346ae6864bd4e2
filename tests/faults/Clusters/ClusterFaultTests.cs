using System.Globalization;
using Load;
using Running;

namespace Faults.Tests.Clusters;

/// <summary>Everything of a cluster fails in turn, under load; what was acknowledged and read is then compared with what is there.</summary>
public sealed class ClusterFaultTests : LoadedCluster
{
    private const int Smoke = 4;
    private const int DefaultSeed = 20261129;
    private static readonly TimeSpan TimeOfAFault = TimeSpan.FromMinutes(2);

    [Fact]
    public async Task Nothing_acknowledged_is_lost_doubled_reordered_or_taken_back()
    {
        string? absent = Namespaces.AreOwn ? null : await Namespaces.AbsentAsync();
        int faults = Rounds.OfCluster(Smoke);
        if (!Namespaces.AreOwn && absent is null)
        {
            await Namespaces.RunAsync(nameof(Nothing_acknowledged_is_lost_doubled_reordered_or_taken_back), TimeOfAFault * (faults + 5));
            return;
        }

        int seed = int.TryParse(Environment.GetEnvironmentVariable("GAME_SEED"), CultureInfo.InvariantCulture, out int given) ? given : DefaultSeed;
        FaultSummary summary = new(seed);
        if (absent is not null)
        {
            summary.Remarks.Add($"Left out are cuts of the network and full disks: {absent}");
        }
        if (Peers.Absent is not null)
        {
            summary.Remarks.Add($"Left out are Java's clients: {Peers.Absent}");
        }
        try
        {
            await RunAsync(FaultKind.InRandomOrder(new Random(seed), Namespaces.AreOwn).Take(faults), new Random(seed), summary);
        }
        catch (Exception e)
        {
            summary.Write($"FAILED: {e.Message}");
            SaveLogs();
            throw;
        }
    }

    private async Task RunAsync(IEnumerable<FaultKind> kinds, Random random, FaultSummary summary)
    {
        await StartAsync(withJava: Peers.Absent is null);
        int number = 0;
        foreach (FaultKind kind in kinds)
        {
            number++;
            await SurvivesAsync(kind, random, summary).OrSayAsync($"fault {number}, {kind.Name}");
            summary.Write();
        }

        summary.Verdict = await Load.FinishAsync(TestContext.Current.CancellationToken);
        summary.Write();
        summary.Verdict.ShouldBeClean();
        await IsWholeAsync();
        await Task.WhenAll(Cluster.Ids.Select(Cluster.StopAsync));
        string[] folders = [.. Cluster.Ids.Select(id => Cluster[id].DataFolder)];
        ReplicaFiles.ShouldBeSame(folders, ClusterLoad.Topic, ClusterLoad.Partitions);
        ReplicaFiles.ShouldBeSame(folders, "__consumer_offsets", Cluster.OffsetsPartitions);
    }

    /// <summary>One fault, under load before, meanwhile and after it.</summary>
    private async Task SurvivesAsync(FaultKind kind, Random random, FaultSummary summary)
    {
        await Load.FlowsAsync();
        await Load.CommitAsync();
        FaultScene scene = await FaultScene.NowAsync(Cluster, random);
        Load.Gaps.Take();
        await kind.DoAsync(scene);
        TimeSpan healthy = await IsWholeAsync();
        await Load.FlowsAsync();
        summary.Add(kind, healthy, Load.Gaps.Take());
        await Load.CommitsSurvivedAsync();
    }

    /// <summary>Whole logs, for who looks for the cause.</summary>
    private void SaveLogs()
    {
        if (!HasStarted)
        {
            return;
        }
        string folder = Path.GetDirectoryName(FaultSummary.File)!;
        foreach (int id in Cluster.Ids)
        {
            File.WriteAllText(Path.Combine(folder, $"faults-{Cluster.NameOf(id)}.log"), Cluster.LogOf(id));
        }
        File.WriteAllText(Path.Combine(folder, "faults-reader.log"), Load.ReaderLog);
    }
}
