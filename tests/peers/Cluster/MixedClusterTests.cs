namespace Peers.Tests.Cluster;

/// <summary>
/// Our brokers and Apache's in one cluster under load: each may control, lead and follow, and each may die. Nothing acknowledged is lost, doubled, reordered
/// or taken back, and the replicas' logs are the same bytes.
/// </summary>
public sealed class MixedClusterTests : LoadedMixedCluster
{
    [Fact]
    public async Task Under_an_Apache_controller_ours_is_killed_as_leader_and_as_follower()
    {
        await StartAsync(Kind.Apache, Kind.Apache, Kind.Ours);
        await IsKilledAsLeaderAndAsFollowerAsync(3);
    }

    [Fact]
    public async Task Under_our_controller_Apaches_is_killed_as_leader_and_as_follower()
    {
        await StartAsync(Kind.Ours, Kind.Ours, Kind.Apache);
        await IsKilledAsLeaderAndAsFollowerAsync(3);
    }

    [Fact]
    public async Task Apaches_controller_is_killed_and_ours_takes_over()
    {
        await StartAsync(Kind.Apache, Kind.Ours, Kind.Ours);
        await OtherKindTakesOverAsync();
    }

    [Fact]
    public async Task Our_controller_is_killed_and_Apaches_takes_over()
    {
        await StartAsync(Kind.Ours, Kind.Apache, Kind.Apache);
        await OtherKindTakesOverAsync();
    }

    /// <summary>Each broker is stopped in order and comes back as the other kind, with its folder: no application sees an error.</summary>
    [Fact]
    public async Task A_cluster_moves_from_Apache_to_ours_and_back_broker_by_broker_with_its_folders()
    {
        await StartAsync(Kind.Apache, Kind.Apache, Kind.Apache);
        foreach (int id in Cluster.Ids)
        {
            await MovesAsync(() => Cluster.StopApacheAsync(id), () => Cluster.StartOursAsync(id));
        }
        foreach (int id in Cluster.Ids)
        {
            await MovesAsync(() => Cluster.StopOursAsync(id), () => Cluster.StartApacheAsync(id));
        }

        await EndsCleanAsync();
        Load.Errors.ShouldBeEmpty();
        Cluster.Ids.SelectMany(id => Cluster.Apache(id).Complaints).Where(IsUnusual).ShouldBeEmpty();
    }

    private async Task IsKilledAsLeaderAndAsFollowerAsync(int id)
    {
        LedBy(id).ShouldBe(2);
        await SurvivesTheDeathOfAsync(id);
        // Nobody gives its partitions back to it: it only follows now.
        LedBy(id).ShouldBe(0);
        await SurvivesTheDeathOfAsync(id);
        await Cluster.IsControlledAsync(1);
        await EndsCleanAsync();
    }

    /// <summary>Broker 1 controls, and both others are of the other kind.</summary>
    private async Task OtherKindTakesOverAsync()
    {
        await SurvivesTheDeathOfAsync(1, meanwhile: () => Cluster.IsControlledAsync(2, 3));
        await Cluster.IsControlledAsync(2, 3);
        await EndsCleanAsync();
    }

    /// <summary>Apache's followers complain also of Apache's leaders: a new one may know a lower high watermark than its follower does.</summary>
    private static bool IsUnusual(string complaint) => !complaint.Contains("Non-monotonic update of high watermark", StringComparison.Ordinal);

    private async Task MovesAsync(Func<Task> stop, Func<Task> start)
    {
        await Load.FlowsAsync();
        await Load.CommitAsync();
        await stop();
        await start();
        await IsWholeAsync();
        await Load.FlowsAsync();
        await Load.CommitsSurvivedAsync();
    }
}
