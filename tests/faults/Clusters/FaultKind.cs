using Running;

namespace Faults.Tests.Clusters;

/// <summary>One kind of fault.</summary>
/// <param name="Name">In the summary.</param>
/// <param name="NeedsNamespaces">Whether it cuts a network or fills a disk.</param>
/// <param name="DoAsync">Begins it, lets it last, and ends it.</param>
internal sealed record FaultKind(string Name, bool NeedsNamespaces, Func<FaultScene, Task> DoAsync)
{
    private const string ZooKeeper = Cluster.ZooKeeperName;

    public static IReadOnlyList<FaultKind> All { get; } =
    [
        new("leader killed", false, scene => scene.KillAsync(scene.Leader)),
        new("follower killed", false, scene => scene.KillAsync(scene.Follower)),
        new("controller killed", false, scene => scene.KillAsync(scene.Controller)),
        new("leader and follower killed", false, scene => scene.KillAsync(scene.Leader, scene.Follower)),
        new("all brokers killed", false, scene => scene.KillAsync([.. Cluster.Ids])),
        new("leader stopped in order", false, StopInOrderAsync),
        new("leader killed, ZooKeeper paused at its start", false, StartWithoutZooKeeperAsync),
        new("leader paused briefly", false, scene => PauseAsync(scene, scene.Leader, scene.BrieflyAsync)),
        new("leader paused beyond its session", false, scene => PauseAsync(scene, scene.Leader, scene.LongAsync)),
        new("controller paused briefly", false, scene => PauseAsync(scene, scene.Controller, scene.BrieflyAsync)),
        new("controller paused beyond its session", false, scene => PauseAsync(scene, scene.Controller, scene.LongAsync)),
        new("ZooKeeper killed", false, KillZooKeeperAsync),
        new("ZooKeeper paused briefly", false, scene => FaultScene.PauseAsync(scene.Cluster.ZooKeeper.ProcessId, scene.BrieflyAsync)),
        new("ZooKeeper paused beyond sessions", false, scene => FaultScene.PauseAsync(scene.Cluster.ZooKeeper.ProcessId, scene.LongAsync)),
        new("leader's session ended", false, scene => SessionExpiry.ForceAsync(scene.Cluster.ZooKeeper, scene.Cluster[scene.Leader])),
        new("controller's session ended", false, scene => SessionExpiry.ForceAsync(scene.Cluster.ZooKeeper, scene.Cluster[scene.Controller])),
        new("leader to follower cut", true, scene => scene.CutAsync((Member(scene.Leader), Member(scene.Follower)))),
        new("follower to leader cut", true, scene => scene.CutAsync((Member(scene.Follower), Member(scene.Leader)))),
        new("leader and follower cut", true, scene => scene.CutAsync(BothWays(Member(scene.Leader), Member(scene.Follower)))),
        new("leader to ZooKeeper cut", true, scene => scene.CutAsync((Member(scene.Leader), ZooKeeper))),
        new("ZooKeeper to leader cut", true, scene => scene.CutAsync((ZooKeeper, Member(scene.Leader)))),
        new("leader and ZooKeeper cut", true, scene => scene.CutAsync(BothWays(Member(scene.Leader), ZooKeeper))),
        new("controller and ZooKeeper cut", true, scene => scene.CutAsync(BothWays(Member(scene.Controller), ZooKeeper))),
        new("leader cut from all but clients", true, scene => scene.CutAsync([.. Cluster.Ids.Where(id => id != scene.Leader).Select(Member).Append(ZooKeeper)
            .SelectMany(other => BothWays(Member(scene.Leader), other))])),
        new("disk full", true, FillDiskAsync),
    ];

    /// <summary>The kinds in an order by chance, each as often as the others.</summary>
    public static IEnumerable<FaultKind> InRandomOrder(Random random, bool withNamespaces)
    {
        FaultKind[] kinds = [.. All.Where(kind => withNamespaces || !kind.NeedsNamespaces)];
        while (true)
        {
            random.Shuffle(kinds);
            foreach (FaultKind kind in kinds)
            {
                yield return kind;
            }
        }
    }

    private static string Member(int broker) => Cluster.NameOf(broker);

    private static (string From, string To)[] BothWays(string one, string other) => [(one, other), (other, one)];

    private static Task PauseAsync(FaultScene scene, int broker, Func<Task> meanwhile) => FaultScene.PauseAsync(scene.Cluster[broker].ProcessId, meanwhile);

    private static async Task StopInOrderAsync(FaultScene scene)
    {
        await scene.Cluster.StopAsync(scene.Leader);
        await scene.ForAWhileAsync();
        await scene.Cluster[scene.Leader].StartAgainAsync();
    }

    /// <summary>The pause falls anywhere into the broker's start, and may end its session.</summary>
    private static async Task StartWithoutZooKeeperAsync(FaultScene scene)
    {
        await scene.Cluster.KillAsync(scene.Leader);
        Task started = scene.Cluster[scene.Leader].StartAgainAsync();
        await scene.BrieflyAsync();
        await FaultScene.PauseAsync(scene.Cluster.ZooKeeper.ProcessId, scene.ForAWhileAsync);
        await started;
    }

    private static async Task KillZooKeeperAsync(FaultScene scene)
    {
        await scene.Cluster.ZooKeeper.StopAsync();
        await scene.ForAWhileAsync();
        await scene.Cluster.ZooKeeper.StartAsync();
    }

    private static async Task FillDiskAsync(FaultScene scene)
    {
        await scene.Cluster.Disk!.FillAsync();
        await scene.LongAsync();
        await scene.Cluster.Disk.FreeAsync();
    }
}
