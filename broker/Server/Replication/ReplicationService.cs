using Broker.Server.Partitions;
using Broker.Server.Time;

namespace Broker.Server.Replication;

/// <summary>
/// Creates and stops what replicates: the fetchers of a follower, and the proposals of a leader about which replicas are in sync. Create it before the
/// partitions, which notify it of their roles; stop it before their logs are closed.
/// </summary>
internal sealed class ReplicationService : IAsyncDisposable
{
    private readonly IsrProposals _proposals;
    private readonly TimingWheel _wheel;
    private readonly Lock _gate = new();
    private bool _isStopped;

    /// <param name="services">What the fetchers share.</param>
    /// <param name="alterPartition">Sends AlterPartition to the controller.</param>
    public ReplicationService(ReplicationServices services, SendAlterPartition alterPartition)
    {
        _wheel = services.Wheel;
        Fetchers = new ReplicaFetchers(services);
        _proposals = new IsrProposals(
            services.BrokerId, services.BrokerEpoch, services.Versions, alterPartition, services.Scheduler, services.Time, services.Log);
    }

    /// <summary>Fetches for the partitions that this broker follows.</summary>
    public ReplicaFetchers Fetchers { get; }

    /// <summary>Brings the proposals of the partitions that this broker leads to the controller.</summary>
    public IIsrProposals Proposals => _proposals;

    /// <summary>Begins to look for in-sync replicas that lag, every half of the time that they may lag.</summary>
    public void WatchLagging(long maxLagMs, PartitionTable partitions)
    {
        lock (_gate)
        {
            if (!_isStopped)
            {
                _wheel.Schedule(TimeSpan.FromMilliseconds(Math.Max(maxLagMs / 2, 1)), () => Look(maxLagMs, partitions));
            }
        }
    }

    /// <summary>On return nothing is fetched, appended or proposed any more.</summary>
    public async ValueTask DisposeAsync()
    {
        lock (_gate)
        {
            _isStopped = true;
        }

        await Fetchers.DisposeAsync();
        await _proposals.DisposeAsync();
    }

    private void Look(long maxLagMs, PartitionTable partitions)
    {
        foreach (Partition partition in partitions.All)
        {
            partition.ShrinkIsr();
        }

        WatchLagging(maxLagMs, partitions);
    }
}
