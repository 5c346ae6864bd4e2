using System.Globalization;
using Load;
using Running;

namespace Faults.Tests.Clusters;

/// <summary>All brokers of a cluster are restarted one after the other under load, each as soon as <c>/readyz</c> of the one before allows it.</summary>
public sealed class RollingRestartTests : LoadedCluster
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    [Fact]
    public async Task No_error_reaches_an_application_and_nothing_is_lost_doubled_or_reordered()
    {
        await StartAsync(withJava: Peers.Absent is null);
        Load.Gaps.Take();
        foreach (int id in Cluster.Ids)
        {
            await Cluster.StopAsync(id);
            await Cluster[id].StartAgainAsync();
            await Until.HoldsAsync($"broker {id} is ready", Patience, Cluster.PagesOf(id).IsReadyAsync);
        }
        await Load.FlowsAsync();
        TimeSpan gap = Load.Gaps.Take();

        Verdict verdict = await Load.FinishAsync(TestContext.Current.CancellationToken);
        FaultSummary.WriteRollingRestart(string.Create(CultureInfo.InvariantCulture,
            $"A rolling restart of three brokers under load: the longest time without an acknowledged write to a partition was {gap.TotalSeconds:F2} s; {verdict}"));
        verdict.ShouldBeClean();
        Load.Errors.ShouldBeEmpty();
    }
}
