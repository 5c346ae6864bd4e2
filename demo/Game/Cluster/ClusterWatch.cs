using Game.Cli.Processes;

namespace Game.Cli.Cluster;

/// <summary>What a dashboard shows of a cluster.</summary>
/// <param name="State">Leaders and replicas in sync, as read last.</param>
/// <param name="Paused">Ids of the brokers that are paused.</param>
/// <param name="Killed">Ids of the brokers that are killed.</param>
internal sealed record ClusterPicture(ClusterState State, IReadOnlyList<int> Paused, IReadOnlyList<int> Killed);

/// <summary>Reads the state of a system's cluster several times a second.</summary>
internal sealed class ClusterWatch : IAsyncDisposable
{
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(300);

    private readonly GameSystem _system;
    private readonly Action<ClusterPicture> _show;
    private readonly TimeProvider _time;
    private readonly CancellationTokenSource _stopping = new();
    private readonly Task _reading;

    /// <param name="system">A system with a cluster.</param>
    /// <param name="show">Called with every new state, from any thread.</param>
    /// <param name="time">The clock.</param>
    public ClusterWatch(GameSystem system, Action<ClusterPicture> show, TimeProvider time)
    {
        _system = system;
        _show = show;
        _time = time;
        _reading = Task.Run(ReadAsync);
    }

    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        await _reading;
        _stopping.Dispose();
    }

    private async Task ReadAsync()
    {
        using ClusterReader reader = new(_system.Endpoints, "demo-cluster");
        using PeriodicTimer tick = new(Interval, _time);
        ClusterState? state = null;
        do
        {
            state = await reader.ReadAsync() ?? state;
            if (state is not null)
            {
                _show(new ClusterPicture(state, Brokers(child => child.IsPaused), Brokers(child => child.IsKilled)));
            }
        }
        while (await TickAsync(tick));
    }

    private async Task<bool> TickAsync(PeriodicTimer tick)
    {
        try
        {
            return await tick.WaitForNextTickAsync(_stopping.Token);
        }
        catch (OperationCanceledException)
        {
            return false;
        }
    }

    private IReadOnlyList<int> Brokers(Func<ChildProcess, bool> which)
        => [.. Enumerable.Range(1, Processes.Brokers.ClusterSize).Where(id => which(_system.Broker(id)))];
}
