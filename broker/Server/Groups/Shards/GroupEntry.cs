using Broker.Server.Groups.State;
using Broker.Server.Time;

namespace Broker.Server.Groups.Shards;

/// <summary>A group in its shard, with its one timer.</summary>
internal sealed class GroupEntry(Group group)
{
    public Group Group => group;

    /// <summary>As metrics know it.</summary>
    public GroupState CountedAs { get; set; } = group.State;

    public TimerHandle? Timer { get; set; }

    /// <summary>Monotonic ms at which the timer fires.</summary>
    public long ArmedFor { get; set; } = long.MaxValue;
}
