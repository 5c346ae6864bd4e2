using Confluent.Kafka;
using Game.Cli.Processes;
using Game.Contracts;

namespace Game.Cli.Demo;

/// <summary>How long the partitions of a killed detector were not consumed.</summary>
/// <param name="Ms">Milliseconds from the kill until other detectors have committed, on all its partitions, the offsets where the log ended then.</param>
/// <param name="EventsDelayed">Events of those partitions that arrived in that time.</param>
/// <param name="Delayed">By partition: the offsets [first, last) that waited; the latency figures leave their alerts out.</param>
internal sealed record Recovery(double Ms, long EventsDelayed, IReadOnlyDictionary<int, (long First, long Last)> Delayed)
{
    public static readonly Recovery None = new(0, 0, new Dictionary<int, (long, long)>());
}

/// <summary>Kills a detector with SIGKILL and waits until the other members of its group have taken over its partitions.</summary>
internal sealed class DetectorKill(GameSystem system, GroupProgress progress, int partitions, TimeProvider time)
{
    private static readonly TimeSpan TakeoverTimeout = TimeSpan.FromSeconds(60);

    private ChildProcess? _victim;

    public async Task<Recovery> RunAsync(Action<string> report, CancellationToken cancellation)
    {
        ILookup<string, int> assignment = await progress.AssignmentAsync(SystemOptions.DetectorGroup, Topics.PlayerEvents);
        _victim = system.Children.Where(child => assignment.Contains(child.Name)).MaxBy(child => assignment[child.Name].Count())
            ?? throw new UserErrorException("The detector group has no members: the detectors' logs are in " + system.Folder.Logs);
        HashSet<int> orphaned = [.. assignment[_victim.Name]];
        Dictionary<int, PartitionProgress> before = (await ProgressAsync()).Where(p => orphaned.Contains(p.Partition.Partition.Value))
            .ToDictionary(p => p.Partition.Partition.Value);
        report($"killing {_victim.Name} (process {_victim.Id}) with SIGKILL; it has partitions {string.Join(", ", orphaned.Order())}");
        long killedAt = time.GetTimestamp();
        _victim.Kill();

        // No detector judges the events up to these offsets until the coordinator has expired the session of the killed one.
        Dictionary<int, long> endsAtKill = await progress.EndsAsync(orphaned.Select(p => new TopicPartition(Topics.PlayerEvents, p)));
        using PeriodicTimer tick = new(TimeSpan.FromMilliseconds(50));
        while (time.GetElapsedTime(killedAt) < TakeoverTimeout)
        {
            PartitionProgress[] now = [.. (await ProgressAsync()).Where(p => orphaned.Contains(p.Partition.Partition.Value))];
            IReadOnlySet<int> takenOver = await PartitionsOfOthersAsync();
            if (now.All(p => IsRecovered(p, before[p.Partition.Partition.Value].Committed, endsAtKill[p.Partition.Partition.Value], takenOver)))
            {
                return Recovered(now, before, time.GetElapsedTime(killedAt), report);
            }
            await tick.WaitForNextTickAsync(cancellation);
        }

        throw new UserErrorException(
            $"No detector took over the killed detector's partitions within {TakeoverTimeout.TotalSeconds:F0} s; the logs are in {system.Folder.Logs}.");
    }

    /// <summary>
    /// Whether another detector is assigned the partition and has committed the offset at which it ended at the kill. Where no event has arrived since the last
    /// commit, there is nothing to commit.
    /// </summary>
    internal static bool IsRecovered(in PartitionProgress now, long committedBefore, long endAtKill, IReadOnlySet<int> takenOver)
        => takenOver.Contains(now.Partition.Partition.Value) && Math.Max(0, now.Committed) >= endAtKill && (now.Committed > committedBefore || now.Lag == 0);

    private async Task<IReadOnlySet<int>> PartitionsOfOthersAsync()
        => (await progress.AssignmentAsync(SystemOptions.DetectorGroup, Topics.PlayerEvents))
            .Where(member => member.Key != _victim!.Name).SelectMany(member => member).ToHashSet();

    private static Recovery Recovered(PartitionProgress[] now, Dictionary<int, PartitionProgress> before, TimeSpan elapsed, Action<string> report)
    {
        Dictionary<int, (long First, long Last)> delayed = now.ToDictionary(
            p => p.Partition.Partition.Value, p => (Math.Max(0, before[p.Partition.Partition.Value].Committed), p.End));
        long events = delayed.Values.Sum(range => range.Last - range.First);
        report($"the group took over after {elapsed.TotalSeconds:F1} s; {events} events waited");
        return new Recovery(elapsed.TotalMilliseconds, events, delayed);
    }

    private Task<IReadOnlyList<PartitionProgress>> ProgressAsync() => progress.OfAsync(SystemOptions.DetectorGroup, Topics.PlayerEvents, partitions);
}
