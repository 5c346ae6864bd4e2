using Broker.Server.Partitions;
using Broker.Server.Scheduling;
using Broker.Server.Time;
using Microsoft.Extensions.Logging;

namespace Broker.Server.Hosting;

/// <summary>
/// Repeats chores that may block on a disk, one at a time, on a thread of its own. The timing wheel starts each of them; the interval begins when the chore's
/// last run ends.
/// </summary>
/// <param name="wheel">Starts the chores when they are due.</param>
/// <param name="scheduler">Makes the thread.</param>
/// <param name="log">Gets the failures.</param>
internal sealed class ChoreThread(TimingWheel wheel, IScheduler scheduler, ILogger log)
{
    private readonly IBlockingWork _thread = scheduler.CreateThreads(1);
    private readonly Lock _lock = new();
    private Task _last = Task.CompletedTask;
    private bool _stopped;

    /// <summary>Runs a chore again and again until this is disposed.</summary>
    /// <param name="name">For the log.</param>
    /// <param name="delay">Before its first run.</param>
    /// <param name="interval">Between two runs.</param>
    /// <param name="chore">The work. A failure is logged, and the chore runs again after the interval.</param>
    public void Start(string name, TimeSpan delay, TimeSpan interval, Action chore)
    {
        lock (_lock)
        {
            if (!_stopped)
            {
                wheel.Schedule(delay, () => Begin(name, interval, chore));
            }
        }
    }

    /// <summary>Stops the chores: on return none runs, and none can begin any more.</summary>
    public async Task StopAsync()
    {
        Task last;
        lock (_lock)
        {
            _stopped = true;
            last = _last;
        }

        await last;
        _thread.Dispose();
    }

    private void Begin(string name, TimeSpan interval, Action chore)
    {
        lock (_lock)
        {
            if (!_stopped)
            {
                _last = _thread.Run(() => Run(name, interval, chore));
            }
        }
    }

    private bool Run(string name, TimeSpan interval, Action chore)
    {
        try
        {
            if (!_stopped)
            {
                chore();
            }
        }
#pragma warning disable CA1031 // The top of a chore: it is repeated after a failure, and the other chores continue.
        catch (Exception e)
#pragma warning restore CA1031
        {
            HostLog.ChoreFailed(log, e, name);
        }

        Start(name, interval, interval, chore);
        return true;
    }
}
