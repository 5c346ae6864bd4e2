using System.Globalization;
using Faults.Tests.Brokers;
using Running;

namespace Faults.Tests.Clusters;

/// <summary>All brokers of a cluster are restarted one after the other under load, each as soon as <c>/readyz</c> of the one before allows it.</summary>
public sealed class RollingRestartTests : IAsyncLifetime
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);
    private Cluster? _cluster;
    private ClusterLoad? _load;

    public async ValueTask InitializeAsync()
    {
        Assert.SkipWhen(ZooKeeperServer.AbsentWithClient is not null, ZooKeeperServer.AbsentWithClient ?? "");
        _cluster = await Cluster.StartAsync();
        _load = await ClusterLoad.StartAsync(_cluster, withJava: Peers.Absent is null);
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
    public async Task No_error_reaches_an_application_and_nothing_is_lost_doubled_or_reordered()
    {
        await Health.IsWholeAsync(_cluster!, ClusterLoad.AllPartitions);
        _load!.Gaps.Take();
        foreach (int id in Cluster.Ids)
        {
            await _cluster!.StopAsync(id);
            await _cluster[id].StartAgainAsync();
            await Until.HoldsAsync($"broker {id} is ready", Patience, _cluster.PagesOf(id).IsReadyAsync);
        }
        await _load.FlowsAsync();
        TimeSpan gap = _load.Gaps.Take();

        Verdict verdict = await _load.FinishAsync();
        FaultSummary.WriteRollingRestart(string.Create(CultureInfo.InvariantCulture,
            $"A rolling restart of three brokers under load: the longest time without an acknowledged write to a partition was {gap.TotalSeconds:F2} s; {verdict}"));
        verdict.ShouldBeClean();
        _load.Errors.ShouldBeEmpty();
    }
}
