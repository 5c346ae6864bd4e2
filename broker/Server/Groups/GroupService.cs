using System.Diagnostics.Metrics;
using Broker.Server.Apis;
using Broker.Server.Config;
using Broker.Server.Controller;
using Broker.Server.Groups.Offsets;
using Broker.Server.Groups.Shards;
using Broker.Server.Partitions;
using Broker.Server.Security;
using Broker.Server.Time;
using Microsoft.Extensions.Logging;

namespace Broker.Server.Groups;

/// <summary>The groups' part of a broker, composed. Made before the partitions, which tell it what they lead; stopped before the timing wheel.</summary>
internal sealed class GroupService
{
    private readonly ClusterMembership _membership;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;

    /// <param name="config">Limits.</param>
    /// <param name="membership">The cluster.</param>
    /// <param name="partitions">The partitions, asked for when there are any.</param>
    /// <param name="wheel">Time-outs.</param>
    /// <param name="cold">Loads groups.</param>
    /// <param name="meter">The broker's.</param>
    /// <param name="time">The clock.</param>
    /// <param name="logging">Where log lines go.</param>
    public GroupService(
        BrokerConfig config, ClusterMembership membership, Func<PartitionTable> partitions, TimingWheel wheel, ColdWork cold, Meter meter, TimeProvider time,
        ILoggerFactory logging)
    {
        (_membership, _time) = (membership, time);
        _logger = logging.CreateLogger("Broker.Groups");
        GroupLimits limits = GroupLimits.Of(config);
        GroupServices services = new(limits, time, wheel, new GroupMetrics(meter), _logger, Mailbox.OnPool, work => cold.Run(() => Done(work)));
        Coordinator = new GroupCoordinator(services, partition => new PartitionOffsetsLog(partitions(), partition, limits), () => membership.Metadata.Current);
        membership.Metadata.Subscribe(Coordinator.ImageChanged);
    }

    /// <summary>To be told of the partitions' roles.</summary>
    public GroupCoordinator Coordinator { get; }

    /// <summary>The handlers of groups.</summary>
    public IEnumerable<Api> Apis(IAuthorizer authorizer)
    {
        GroupApiServices services = new(Coordinator, _membership.Metadata, authorizer, new OldOffsets(_membership.Znodes, GroupLimits.MaxGroupsInZnodes),
            _time);
        return
        [
            new FindCoordinatorApi(services, _membership.Creation, _logger),
            new JoinGroupApi(services),
            new SyncGroupApi(services),
            new HeartbeatApi(services),
            new LeaveGroupApi(services),
            new OffsetCommitApi(services),
            new OffsetFetchApi(services),
            new OffsetDeleteApi(services),
            new ListGroupsApi(services),
            new DescribeGroupsApi(services),
            new DeleteGroupsApi(services),
        ];
    }

    private static bool Done(Action work)
    {
        work();
        return true;
    }
}
