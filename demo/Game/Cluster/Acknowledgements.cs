using System.Diagnostics;
using Game.Simulator.World;

namespace Game.Cli.Cluster;

/// <summary>
/// The acknowledged actions of a load, by the partition of player-events that their events are in. All members may be called from any thread.
/// </summary>
internal sealed class Acknowledgements(int partitions)
{
    private sealed record Wanted(int Partition, long DueAfter, TaskCompletionSource<long> Found);

    private readonly long[] _counts = new long[partitions];
    private volatile Wanted? _wanted;

    /// <summary>The partition with the most acknowledged events.</summary>
    public int Busiest => Enumerable.Range(0, partitions).MaxBy(partition => Interlocked.Read(ref _counts[partition]));

    /// <summary>Counts an acknowledged action.</summary>
    /// <param name="action">The action.</param>
    /// <param name="dueTimestamp">When it was due, a timestamp of <see cref="Stopwatch"/>.</param>
    public void Add(GameAction action, long dueTimestamp)
    {
        switch (action)
        {
            case LoginAction login:
                Add(login.Player, dueTimestamp);
                break;
            case TradeAction trade:
                Add(trade.First.Player, dueTimestamp);
                Add(trade.Second.Player, dueTimestamp);
                break;
        }
    }

    /// <summary>Waits for the first acknowledgement of an event of a partition that was due after a time. One caller at a time.</summary>
    /// <param name="partition">The partition.</param>
    /// <param name="dueAfter">A timestamp of <see cref="Stopwatch"/>.</param>
    /// <returns>When it arrived, a timestamp of <see cref="Stopwatch"/>.</returns>
    public Task<long> FirstAsync(int partition, long dueAfter)
    {
        Wanted wanted = new(partition, dueAfter, new TaskCompletionSource<long>(TaskCreationOptions.RunContinuationsAsynchronously));
        _wanted = wanted;
        return wanted.Found.Task;
    }

    private void Add(Player player, long dueTimestamp)
    {
        int partition = KeyPartition.Of(player.UserId, partitions);
        Interlocked.Increment(ref _counts[partition]);
        if (_wanted is { } wanted && wanted.Partition == partition && dueTimestamp > wanted.DueAfter)
        {
            wanted.Found.TrySetResult(Stopwatch.GetTimestamp());
        }
    }
}
