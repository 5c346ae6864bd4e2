using System.Diagnostics.Metrics;
using Broker.Server.Apis;
using Broker.Server.Apis.Fetching;
using Broker.Server.Config;
using Broker.Server.Controller;
using Broker.Server.Groups;
using Broker.Server.Groups.Offsets;
using Broker.Server.Groups.State;
using Broker.Server.InterBroker;
using Broker.Server.Metadata;
using Broker.Server.Metadata.Znodes;
using Broker.Server.Partitions;
using Broker.Server.Replication;
using Broker.Server.Requests;
using Broker.Server.Scheduling;
using Broker.Server.Security;
using Broker.Server.Time;
using Broker.Storage.Directories;
using Microsoft.Extensions.Logging;

namespace Broker.Server.Hosting;

/// <summary>What a broker's core runs on: in the server sockets, threads and the system's clock, in a simulation none of them.</summary>
/// <param name="Connections">Opens connections to other brokers.</param>
/// <param name="Scheduler">Runs what does not run on its caller.</param>
/// <param name="Time">The clock.</param>
/// <param name="Random">Chooses placements and ids; thread-safe where requests are handled on several threads.</param>
/// <param name="Meter">Gets the metrics.</param>
/// <param name="Logging">Makes the loggers.</param>
internal sealed record CoreServices(
    IBrokerConnections Connections, IScheduler Scheduler, TimeProvider Time, Random Random, Meter Meter, ILoggerFactory Logging);

/// <summary>
/// A broker without sockets and pages. <see cref="Join"/> joins the cluster and loads the logs; <see cref="Start"/> starts the group coordinator, partitions,
/// registration and controller, chores, in this order; then <see cref="Apis"/> answers requests. <see cref="Stop"/> stops in the reverse order.
/// </summary>
internal sealed class BrokerCore
{
    private readonly BrokerConfig _config;
    private readonly Storages _storages;
    private readonly CoreServices _services;
    private readonly InterBrokerVersions _versions;
    private readonly TimingWheel _wheel;
    private readonly DirectoryThreads _cold;

    /// <summary>
    /// Threads of their own for loading groups: fetches must not wait while thousands of groups are loaded, and groups not while a consumer reads old records.
    /// </summary>
    private readonly DirectoryThreads _loading;
    private readonly AllowAllAuthorizer _authorizer = new();
    private GroupCoordinator? _groups;
    private PartitionHost? _host;
    private PartitionTable? _partitions;
    private ReplicationService? _replication;
    private ReplicationQuotas? _quotas;
    private Chores? _chores;

    /// <param name="config">The settings.</param>
    /// <param name="storages">Log directories and tree; the core closes the logs, the owner the rest.</param>
    /// <param name="services">What it runs on.</param>
    /// <exception cref="ConfigException">inter.broker.protocol.version is that of a cluster that this broker cannot be a member of.</exception>
    public BrokerCore(BrokerConfig config, Storages storages, CoreServices services)
    {
        _config = config;
        _storages = storages;
        _services = services;
        _versions = InterBrokerVersions.Of(config.InterBrokerProtocolVersion);
        _wheel = new TimingWheel(services.Time);
        _cold = new DirectoryThreads(services.Scheduler, DirectoryThreads.PerDisk);
        _loading = new DirectoryThreads(services.Scheduler, DirectoryThreads.PerDisk);
    }

    /// <summary>Null until the broker has joined the cluster.</summary>
    public ClusterMembership? Membership { get; private set; }

    /// <summary>The partitions that this broker hosts; null until <see cref="Start"/> has begun.</summary>
    public PartitionTable? Partitions => _partitions;

    /// <summary>The handlers of all requests; null until <see cref="Start"/> has ended.</summary>
    public ApiTable? Apis { get; private set; }

    /// <summary>Joins the cluster, compares identities, loads the logs.</summary>
    /// <exception cref="ConfigException">The broker cannot start; the message says why in one sentence.</exception>
    /// <exception cref="OperationCanceledException">Cancelled while the logs were loaded; a new start repeats whatever was changed on the disk.</exception>
    public async Task<ClusterMembership> Join(CancellationToken cancellation)
    {
        Storage.Checkpoints.MetaProperties? former = _storages.FormerIdentity();
        // Known before the identity is compared, so that its session is ended where the comparison fails.
        await Reach(async () => Membership = await ClusterMembership.Join(_storages.Coordination, _storages.FormerLife, _config, former?.BrokerId,
            former?.ClusterId, _services.Connections, _services.Scheduler, _services.Time, _services.Random, _services.Logging));
        ClusterMembership membership = Membership!;
        _storages.EnsureIdentity(membership.BrokerId, membership.ClusterId);
        // Recovery blocks, and the thread that starts an embedded broker may not.
        using IBlockingWork loader = _services.Scheduler.CreateThreads(1);
        await loader.Run(() => Load(membership, cancellation));
        if (!_config.UsesZooKeeper)
        {
            await membership.Seed(_storages.Directories.Logs, _storages.Directories.CompactedTopics);
        }
        return membership;
    }

    /// <summary>Registers the broker at its endpoints and takes over what the controller assigns. On return it can answer requests.</summary>
    public async Task Start(IReadOnlyList<BrokerEndpoint> endpoints)
    {
        ClusterMembership membership = Membership!;
        _groups = GroupService.Start(_config, membership.Metadata, () => _partitions!, _services.Scheduler, _wheel, _loading, _services.Meter, _services.Time,
            GroupLogger());
        PartitionTable partitions = _partitions = OpenPartitions(membership, _groups);
        await Reach(() => membership.Start(
            endpoints, partitions.Apply, partitions.Apply, topic => partitions.Configure(topic, membership.Topics.LogConfigOf)));
        _chores = new Chores(_wheel, _services.Scheduler, _config, _storages.Directories, partitions, _services.Logging.CreateLogger("Broker.Chores"));
        Apis = ApisOf(partitions, membership, _groups);
    }

    /// <summary>ZooKeeper is out of reach for longer than a session may take to open.</summary>
    private async Task Reach(Func<Task> step)
    {
        try
        {
            await step();
        }
        catch (IOException e) when (_config.UsesZooKeeper)
        {
            throw new ConfigException($"zookeeper.connect: {e.Message}", e);
        }
    }

    /// <summary>How many replicas of this broker are not in sync, as the controller knows it; null before its first word.</summary>
    public int? ReplicasOutOfSync()
    {
        if (Membership is not { } membership || !membership.Metadata.Current.Brokers.ContainsKey(membership.BrokerId))
        {
            return null;
        }

        // A new controller names the brokers first, and only then the partitions: a broker that has logs waits for those.
        if (_partitions is not { } partitions || (!partitions.IsInitialized && _storages.Directories.Logs.Any()))
        {
            return null;
        }

        int id = membership.BrokerId;
        ClusterImage image = membership.Metadata.Current;
        return image.Topics.Values.Sum(topic => topic.Partitions.Values.Count(p => p.Replicas.Contains(id) && !p.Isr.Contains(id)))
            + partitions.All.Count(partition => image.Partition(partition.Name.Topic, partition.Name.Partition) is null);
    }

    /// <summary>Takes the partitions offline whose log directory has failed, and reports the failure to the controller.</summary>
    public void TakeOffline()
    {
        _partitions?.FailOfflineLogs();
        if (_partitions is not null && _storages.Directories.Online.Any())
        {
            _ = Membership?.NoteFailedDirectory();
        }
    }

    /// <summary>Hands leaderships over, stops, flushes the logs and marks the shutdown as clean.</summary>
    /// <param name="closeNetwork">Closes the connections of clients; called when the leaderships are handed over.</param>
    public async Task Stop(Func<ValueTask> closeNetwork)
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

        await closeNetwork();
        await StopReplication();
        await StopChores();
        if (_partitions is not null)
        {
            await Membership!.StopRequests();
            // A connection that did not end in time may still be appending.
            _partitions.StopAppends();
            _storages.CloseLogs(Membership.BrokerEpoch);
        }
    }

    /// <summary>Ends everything that <see cref="Stop"/> has not, without marking the shutdown as clean.</summary>
    /// <param name="closeNetwork">Closes the connections of clients.</param>
    public async Task End(Func<ValueTask> closeNetwork)
    {
        if (_groups is not null)
        {
            await _groups.StopAsync();
        }

        await closeNetwork();
        await StopReplication();
        await StopChores();
        if (Membership is not null)
        {
            await Membership.DisposeAsync();
        }

        _cold.Dispose();
        _loading.Dispose();
        _host?.Dispose();
        _wheel.Dispose();
    }

    private bool Load(ClusterMembership membership, CancellationToken cancellation)
    {
        try
        {
            _storages.Directories.Load(membership.Topics.LogConfigOf, cancellation);
            return true;
        }
        catch (IOException e)
        {
            throw new ConfigException($"log.dirs: no folder could be loaded: {e.Message}", e);
        }
    }

    private Task StopChores() => _chores?.StopAsync() ?? Task.CompletedTask;

    private async Task StopReplication()
    {
        if (_replication is not null)
        {
            await _replication.DisposeAsync();
            _replication = null;
        }
    }

    private PartitionTable OpenPartitions(ClusterMembership membership, GroupCoordinator groups)
    {
        ReplicationQuotas quotas = _quotas = new ReplicationQuotas(_config, membership.BrokerId, _services.Time);
        membership.Brokers.Subscribe(quotas.Set);
        membership.Topics.Subscribe(quotas.Set);
        ReplicationService replication = _replication = new ReplicationService(
            new ReplicationServices(
                ReplicationSettings.Of(_config), membership.BrokerId, () => membership.BrokerEpoch, name => _partitions?.Find(name.Topic, name.Partition),
                membership.Metadata, _services.Connections, _versions, quotas.Follower, _services.Scheduler, _wheel, _services.Time,
                _services.Logging.CreateLogger("Broker.Replication")),
            membership.AlterPartition);
        PartitionHost host = _host = new PartitionHost(
            membership.BrokerId, _services.Time, _services.Scheduler, _wheel, _config.ReplicaLagTimeMaxMs,
            broker => membership.Metadata.Current.Brokers.ContainsKey(broker), replication.Proposals, _services.Logging.CreateLogger("Broker.Partitions"));
        PartitionTable partitions = new(
            host, new DirectoryLogs(_storages.Directories, membership.Topics.LogConfigOf), () => membership.BrokerEpoch, membership.Metadata.Controllers.Passes,
            [groups, replication.Fetchers]);
        replication.WatchLagging(_config.ReplicaLagTimeMaxMs, partitions);
        return partitions;
    }

    private ApiTable ApisOf(PartitionTable partitions, ClusterMembership membership, GroupCoordinator groups)
    {
        DataServices data = new(partitions, membership.Metadata, _authorizer, _wheel, _services.Time, _cold, _host!.Decompression,
            _services.Logging.CreateLogger("Broker.Data"));
        GroupApiServices groupServices = new(
            groups, membership.Metadata, _authorizer, new OldOffsets(membership.Znodes, GroupLimits.MaxGroupsInZnodes), _services.Time, _services.Random);
        ApiTable? apis = null;
        apis = new ApiTable(
        [
            new ApiVersionsApi(() => apis!),
            new ProduceApi(data),
            new FetchApi(
                data, new FetchSessionCache(_config.FetchSessionSlots, _services.Random), _config.FetchMaxBytes, _config.IsRackAware, _quotas!.Leader),
            new ListOffsetsApi(data),
            new OffsetForLeaderEpochApi(data),
            new DescribeLogDirsApi(data, _storages.Directories),
            new DescribeAclsApi(_authorizer),
            new CreateAclsApi(_authorizer),
            new DeleteAclsApi(_authorizer),
            .. membership.Apis(_authorizer),
            .. GroupApis.Of(groupServices, membership.AutomaticCreation, GroupLogger()),
        ]);
        return apis;
    }

    private ILogger GroupLogger() => _services.Logging.CreateLogger("Broker.Groups");
}
