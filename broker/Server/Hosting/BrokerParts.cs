using Broker.Server.Apis;
using Broker.Server.Apis.Fetching;
using Broker.Server.Config;
using Broker.Server.Controller;
using Broker.Server.Groups;
using Broker.Server.Groups.Offsets;
using Broker.Server.Groups.State;
using Broker.Server.InterBroker;
using Broker.Server.Metrics;
using Broker.Server.Network;
using Broker.Server.Partitions;
using Broker.Server.Replication;
using Broker.Server.Requests;
using Broker.Server.Scheduling;
using Broker.Server.Security;
using Broker.Server.Time;
using Broker.Storage.Directories;
using Microsoft.Extensions.Logging;

namespace Broker.Server.Hosting;

/// <summary>
/// The parts of a running broker. <see cref="Start"/> starts, in this order: storage and coordination, identity, logs, bound sockets, the group coordinator,
/// partitions, registration and controller, chores, requests. <see cref="Stop"/> says in which order they stop.
/// </summary>
internal sealed class BrokerParts : IAsyncDisposable
{
    /// <summary>What one array can hold, whatever the settings of the longest responses between brokers say.</summary>
    private const int LongestResponse = 1 << 30;

    private readonly BrokerConfig _config;
    private readonly ILoggerFactory _logging;
    private readonly TimeProvider _time;
    private readonly Action _onAllFoldersFailed;
    private readonly TimingWheel _wheel;
    private readonly DirectoryThreads _cold = new(PoolScheduler.Instance, DirectoryThreads.PerDisk);

    /// <summary>
    /// Threads of their own for loading groups: fetches must not wait while thousands of groups are loaded, and groups not while a consumer reads old records.
    /// </summary>
    private readonly DirectoryThreads _loading = new(PoolScheduler.Instance, DirectoryThreads.PerDisk);
    private readonly AllowAllAuthorizer _authorizer = new();
    private readonly SocketBrokerConnections _connections;
    private Storages? _storages;
    private GroupCoordinator? _groups;
    private PartitionHost? _host;
    private PartitionTable? _partitions;
    private ReplicationService? _replication;
    private Chores? _chores;

    /// <exception cref="ConfigException">inter.broker.protocol.version is that of a cluster that this broker cannot be a member of.</exception>
    public BrokerParts(BrokerConfig config, BrokerMetrics metrics, ILoggerFactory logging, TimeProvider time, Action onAllFoldersFailed)
    {
        _config = config;
        _logging = logging;
        _time = time;
        _onAllFoldersFailed = onAllFoldersFailed;
        _wheel = new TimingWheel(time);
        _connections = new SocketBrokerConnections((int)Math.Min((long)config.ReplicaFetchResponseMaxBytes + config.MaxRequestBytes, LongestResponse), time);
        Versions = InterBrokerVersions.Of(config.InterBrokerProtocolVersion);
        Metrics = metrics;
        Sockets = new SocketServer(NetworkOptions.Of(config), logging.CreateLogger("Broker.Network"), time);
    }

    /// <summary>The versions of the requests to other brokers.</summary>
    public InterBrokerVersions Versions { get; }

    public BrokerMetrics Metrics { get; }

    public SocketServer Sockets { get; }

    /// <summary>Null until the broker has joined the cluster.</summary>
    public ClusterMembership? Membership { get; private set; }

    /// <exception cref="ConfigException">The broker cannot start; the message says why in one sentence.</exception>
    /// <exception cref="OperationCanceledException">Cancelled while the logs were loaded; a new start repeats whatever was changed on the disk.</exception>
    public async Task Start(bool inMemory, CancellationToken cancellation)
    {
        _storages = Storages.Open(_config, inMemory, DirectoryFailed, _time, _logging);
        ClusterMembership membership = await Join(_storages);
        membership.AddTo(Metrics.Meter);
        membership.Brokers.Subscribe(config => Sockets.SetLimits(NetworkOptions.Of(config)));
        // Recovery blocks, and the thread that starts an embedded broker may not.
        await Task.Run(() => Load(_storages.Directories, membership, cancellation), CancellationToken.None);
        await membership.Seed(_storages.Directories.Logs, _storages.Directories.CompactedTopics);
        Sockets.Bind(_config.Listeners);
        _groups = GroupService.Start(_config, membership.Metadata, () => _partitions!, PoolScheduler.Instance, _wheel, _loading, Metrics.Meter,
            _time, GroupLogger());
        PartitionTable partitions = _partitions = OpenPartitions(_storages, membership, _groups);
        await membership.Start(Endpoints.Of(_config, Sockets.Bound), partitions.Apply, partitions.Apply, partitions.Configure);
        _chores = new Chores(_wheel, _config, _storages.Directories, partitions, _logging.CreateLogger("Broker.Chores"));
        Serve(partitions, membership, _groups);
    }

    /// <summary>How many replicas of this broker are not in sync, as the controller knows it; null before its first word.</summary>
    public int? ReplicasOutOfSync()
    {
        if (Membership is not { } membership || !membership.Metadata.Current.Brokers.ContainsKey(membership.BrokerId))
        {
            return null;
        }

        int id = membership.BrokerId;
        return membership.Metadata.Current.Topics.Values.Sum(topic => topic.Partitions.Values.Count(p => p.Replicas.Contains(id) && !p.Isr.Contains(id)));
    }

    /// <summary>Hands leaderships over, closes connections, flushes the logs and marks the shutdown as clean.</summary>
    public async Task Stop()
    {
        if (Membership is not null && _partitions is not null && _config.ControlledShutdown)
        {
            await Membership.LeaveInOrder();
        }
        // The groups stop first: they answer members that wait for a rebalance, whose connections could not end otherwise.
        if (_groups is not null)
        {
            await _groups.StopAsync();
        }
        await Sockets.DisposeAsync();
        await StopReplication();
        _chores?.Dispose();
        // A connection that did not end in time may still be appending.
        _partitions?.StopAppends();
        if (_partitions is not null)
        {
            _storages?.CloseLogs(Membership!.BrokerEpoch);
        }
    }

    /// <summary>Ends everything that <see cref="Stop"/> has not, without marking the shutdown as clean.</summary>
    public async ValueTask DisposeAsync()
    {
        if (_groups is not null)
        {
            await _groups.StopAsync();
        }
        await Sockets.DisposeAsync();
        await StopReplication();
        _chores?.Dispose();
        if (Membership is not null)
        {
            await Membership.DisposeAsync();
        }
        if (_storages is not null)
        {
            await _storages.DisposeAsync();
        }
        _cold.Dispose();
        _loading.Dispose();
        _host?.Dispose();
        _wheel.Dispose();
    }

    private async Task StopReplication()
    {
        if (_replication is not null)
        {
            await _replication.DisposeAsync();
            _replication = null;
        }
    }

    private static void Load(LogDirectories directories, ClusterMembership membership, CancellationToken cancellation)
    {
        try
        {
            directories.Load(membership.Topics.LogConfigOf, cancellation);
        }
        catch (IOException e)
        {
            throw new ConfigException($"log.dirs: no folder could be loaded: {e.Message}", e);
        }
    }

    private async Task<ClusterMembership> Join(Storages storages)
    {
        Storage.Checkpoints.MetaProperties? former = storages.FormerIdentity();
        try
        {
            // Known before the identity is compared, so that its session is ended where the comparison fails.
            Membership = await ClusterMembership.Join(storages.Coordination, storages.FormerLife, _config, former?.BrokerId, former?.ClusterId,
                _connections, PoolScheduler.Instance, _time, _logging);
        }
        catch (IOException e) when (!string.IsNullOrWhiteSpace(_config.ZooKeeperConnect))
        {
            throw new ConfigException($"zookeeper.connect: {e.Message}", e);
        }
        storages.EnsureIdentity(Membership.BrokerId, Membership.ClusterId);
        return Membership;
    }

    private PartitionTable OpenPartitions(Storages storages, ClusterMembership membership, GroupCoordinator groups)
    {
        ReplicationService replication = _replication = new ReplicationService(
            new ReplicationServices(
                ReplicationSettings.Of(_config), membership.BrokerId, () => membership.BrokerEpoch, name => _partitions?.Find(name.Topic, name.Partition),
                membership.Metadata, _connections, Versions, PoolScheduler.Instance, _wheel, _time, _logging.CreateLogger("Broker.Replication")),
            membership.AlterPartition);
        PartitionHost host = _host = new PartitionHost(
            membership.BrokerId, _time, PoolScheduler.Instance, _wheel, _config.ReplicaLagTimeMaxMs,
            broker => membership.Metadata.Current.Brokers.ContainsKey(broker), replication.Proposals, _logging.CreateLogger("Broker.Partitions"));
        PartitionTable partitions = new(
            host, new DirectoryLogs(storages.Directories, membership.Topics.LogConfigOf), () => membership.BrokerEpoch, [groups, replication.Fetchers]);
        ReplicationService.WatchLagging(_wheel, _config.ReplicaLagTimeMaxMs, partitions);
        return partitions;
    }

    private void Serve(PartitionTable partitions, ClusterMembership membership, GroupCoordinator groups)
    {
        DataServices data = new(partitions, membership.Metadata, _authorizer, _wheel, _time, _cold, _host!.Decompression, _logging.CreateLogger("Broker.Data"));
        ApiTable? apis = null;
        apis = new ApiTable(
        [
            new ApiVersionsApi(() => apis!),
            new ProduceApi(data),
            new FetchApi(data, new FetchSessionCache(_config.FetchSessionSlots, new Random()), _config.FetchMaxBytes),
            new ListOffsetsApi(data),
            new OffsetForLeaderEpochApi(data),
            new DescribeLogDirsApi(data, _storages!.Directories),
            new DescribeAclsApi(_authorizer),
            new CreateAclsApi(_authorizer),
            new DeleteAclsApi(_authorizer),
            .. membership.Apis(_authorizer),
            .. GroupApis.Of(ServicesOf(groups, membership), membership.AutomaticCreation, GroupLogger()),
        ]);
        ProcessMetrics.AddTo(Metrics.Meter);
        PartitionGauges.AddTo(Metrics.Meter, partitions);
        Sockets.Start(apis, new NetworkMetrics(Metrics.Meter, apis.All, () => Sockets.ConnectionCount));
    }

    private ILogger GroupLogger() => _logging.CreateLogger("Broker.Groups");

    private GroupApiServices ServicesOf(GroupCoordinator groups, ClusterMembership membership) =>
        new(groups, membership.Metadata, _authorizer, new OldOffsets(membership.Znodes, GroupLimits.MaxGroupsInZnodes), _time);

    /// <summary>Called after a failed write, perhaps under a partition's lock.</summary>
    private void DirectoryFailed(LogDirectory directory) => ThreadPool.QueueUserWorkItem(static parts => parts.TakeOffline(), this, preferLocal: false);

    private void TakeOffline()
    {
        _partitions?.FailOfflineLogs();
        if (_storages is not null && !_storages.Directories.Online.Any())
        {
            _onAllFoldersFailed();
        }
        else if (_partitions is not null)
        {
            _ = Membership?.NoteFailedDirectory();
        }
    }
}
