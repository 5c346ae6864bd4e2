namespace Broker.Simulation.Tests.Worlds;

/// <summary>The world's time, with timers that run on a node.</summary>
internal sealed class NodeClock(World world, Node node) : TimeProvider
{
    private static readonly DateTimeOffset Begin = DateTimeOffset.FromUnixTimeMilliseconds(1_700_000_000_000);

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    public override DateTimeOffset GetUtcNow() => Begin + world.Elapsed;

    public override long GetTimestamp() => world.Now;

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        Timer timer = new(world, node, () => callback(state));
        timer.Change(dueTime, period);
        return timer;
    }

    private sealed class Timer(World world, Node node, Action callback) : ITimer
    {
        private World.Item? _next;

        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            Cancel();
            if (dueTime != Timeout.InfiniteTimeSpan)
            {
                _next = world.Add(node, dueTime, () =>
                {
                    if (period != Timeout.InfiniteTimeSpan && period != TimeSpan.Zero)
                    {
                        Change(period, period);
                    }

                    callback();
                });
            }

            return true;
        }

        public void Dispose() => Cancel();

        public ValueTask DisposeAsync()
        {
            Cancel();
            return ValueTask.CompletedTask;
        }

        private void Cancel()
        {
            if (_next is not null)
            {
                _next.IsCancelled = true;
            }
        }
    }
}
