using Confluent.Kafka;
using Game.Cli.Processes;
using Game.Contracts;

namespace Game.Cli.Demo;

/// <summary>The killing of one detector, and how long its partitions stood still.</summary>
/// <param name="Ms">From the kill until the last of its partitions was worked off to where the log ended at the kill, milliseconds.</param>
/// <param name="EventsDelayed">Events of those partitions that arrived meanwhile.</param>
/// <param name="Delayed">By partition: the offsets [first, last) whose alerts count as recovery, not as latency.</param>
internal sealed record Recovery(double Ms, long EventsDelayed, IReadOnlyDictionary<int, (long First, long Last)> Delayed)
{
    public static readonly Recovery None = new(0, 0, new Dictionary<int, (long, long)>());
}

/// <summary>Kills a detector with SIGKILL and watches the group take over.</summary>
internal sealed class DetectorKill(GameSystem system, GroupProgress progress, int partitions, TimeProvider time)
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    public ChildProcess? Victim { get; private set; }

    public async Task<Recovery> RunAsync(Action<string> say, CancellationToken cancellation)
    {
        ILookup<string, int> assignment = await progress.AssignmentAsync(SystemOptions.DetectorGroup, Topics.PlayerEvents);
        Victim = system.Children.Where(child => assignment.Contains(child.Name)).MaxBy(child => assignment[child.Name].Count())
            ?? throw new UserErrorException("The detector group has no members: the detectors' logs are in " + system.Folder.Logs);
        HashSet<int> orphaned = [.. assignment[Victim.Name]];
        Dictionary<int, PartitionProgress> before = (await ProgressAsync()).Where(p => orphaned.Contains(p.Partition.Partition.Value))
            .ToDictionary(p => p.Partition.Partition.Value);
        say($"killing {Victim.Name} (process {Victim.Id}) with SIGKILL; it has partitions {string.Join(", ", orphaned.Order())}");
        long killedAt = time.GetTimestamp();
        Victim.Kill();

        // What the log held at the kill, and a little after it, nobody judges until the group has noticed.
        Dictionary<int, long> endsAtKill = await progress.EndsAsync(orphaned.Select(p => new TopicPartition(Topics.PlayerEvents, p)));
        using PeriodicTimer tick = new(TimeSpan.FromMilliseconds(50));
        while (time.GetElapsedTime(killedAt) < Patience)
        {
            PartitionProgress[] now = [.. (await ProgressAsync()).Where(p => orphaned.Contains(p.Partition.Partition.Value))];
            IReadOnlySet<int> taken = await TakenAsync();
            if (now.All(p => IsRecovered(p, before[p.Partition.Partition.Value].Committed, endsAtKill[p.Partition.Partition.Value], taken)))
            {
                return Recovered(now, before, time.GetElapsedTime(killedAt), say);
            }
            await tick.WaitForNextTickAsync(cancellation);
        }

        throw new UserErrorException(
            $"Nobody took over the killed detector's partitions within {Patience.TotalSeconds:F0} s; the logs are in {system.Folder.Logs}.");
    }

    /// <summary>Another detector has the partition and has worked it off to where it ended at the kill; where nothing came since, there is nothing to
    /// commit.</summary>
    internal static bool IsRecovered(in PartitionProgress now, long committedBefore, long endAtKill, IReadOnlySet<int> taken)
        => taken.Contains(now.Partition.Partition.Value) && Math.Max(0, now.Committed) >= endAtKill && (now.Committed > committedBefore || now.Lag == 0);

    private async Task<IReadOnlySet<int>> TakenAsync()
        => (await progress.AssignmentAsync(SystemOptions.DetectorGroup, Topics.PlayerEvents)).Where(member => member.Key
        != Victim!.Name).SelectMany(member => member).ToHashSet();

    private static Recovery Recovered(PartitionProgress[] now, Dictionary<int, PartitionProgress> before, TimeSpan elapsed, Action<string> say)
    {
        Dictionary<int, (long,
            long End)> delayed = now.ToDictionary(p => p.Partition.Partition.Value, p => (Math.Max(0, before[p.Partition.Partition.Value].Committed), p.End));
        long events = delayed.Values.Sum(range => range.End - range.Item1);
        say($"the group took over after {elapsed.TotalSeconds:F1} s; {events} events waited");
        return new Recovery(elapsed.TotalMilliseconds, events, delayed);
    }

    private Task<IReadOnlyList<PartitionProgress>> ProgressAsync() => progress.OfAsync(SystemOptions.DetectorGroup, Topics.PlayerEvents, partitions);
}
