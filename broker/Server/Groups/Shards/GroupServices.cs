using Broker.Server.Groups.State;
using Broker.Server.Scheduling;
using Broker.Server.Time;
using Microsoft.Extensions.Logging;

namespace Broker.Server.Groups.Shards;

/// <summary>What all shards of a broker share.</summary>
/// <param name="Limits">The configured ones.</param>
/// <param name="Clock">Both clocks.</param>
/// <param name="Wheel">Time-outs.</param>
/// <param name="Metrics">Of the area.</param>
/// <param name="Logger">Of the area.</param>
/// <param name="Scheduler">Runs the shards' loops.</param>
/// <param name="Cold">Runs work that waits for the disk of a partition of <c>__consumer_offsets</c>, on threads of that disk.</param>
internal sealed record GroupServices(
    GroupLimits Limits, TimeProvider Clock, TimingWheel Wheel, GroupMetrics Metrics, ILogger Logger, IScheduler Scheduler,
    Func<int, Action, Task> Cold)
{
    public Moment Now => Moment.Of(Clock);
}
