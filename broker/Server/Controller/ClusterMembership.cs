using System.Diagnostics.Metrics;
using Broker.Coordination;
using Broker.Protocol;
using Broker.Protocol.Messages;
using Broker.Server.Apis;
using Broker.Server.Config;
using Broker.Server.InterBroker;
using Broker.Server.Metadata;
using Broker.Server.Metadata.Znodes;
using Broker.Server.Requests;
using Broker.Server.Scheduling;
using Broker.Server.Security;
using Broker.Storage;
using Broker.Storage.Logs;
using Microsoft.Extensions.Logging;

namespace Broker.Server.Controller;

/// <summary>
/// A broker's part in its cluster, composed: it joins before the logs are loaded (ids and settings are read), starts when sockets are bound and replicas
/// can be taken over, and leaves with a controlled shutdown.
/// </summary>
internal sealed class ClusterMembership : IAsyncDisposable
{
    private static readonly TimeSpan DirectoryReportPause = TimeSpan.FromSeconds(1);

    private readonly CancellationTokenSource _ending = new();

    /// <summary>Of <see cref="_ending"/>: of use also after that is disposed.</summary>
    private readonly CancellationToken _ended;
    private readonly ClusterSession _session;
    private readonly ZnodeClient _znodes;
    private readonly BrokerRegistrar _registrar;
    private readonly IBrokerConnections _connections;
    private readonly TimeSpan _controllerTimeout;
    private readonly IScheduler _scheduler;
    private readonly IBlockingWork _controllerDisk;
    private readonly TimeProvider _time;
    private readonly ILoggerFactory _logging;
    private readonly MetadataLog _log;
    private readonly bool _isDeletionEnabled;
    private readonly ControllerChannel _channel;
    private readonly ControllerChannel _isrChannel;
    private readonly LeaderBalancing? _balancing;
    private readonly string _interBrokerListener;
    private readonly TopicDefaults _defaults;
    private readonly Random _random;
    private readonly ControllerRequests _requests;
    private readonly ControlledShutdown _shutdown;
    private readonly ControllerMetrics _metrics = new();
    private bool _haveRequestsStopped;
    private LocalBroker? _local;
    private ClusterController? _controller;
    private ConfigChanges? _changes;

    private ClusterMembership(
        ClusterSession session, FormerLife? former, int brokerId, string clusterId, BrokerConfig config, IBrokerConnections connections,
        IScheduler scheduler, TimeProvider time, Random random, ILoggerFactory logging)
    {
        _ended = _ending.Token;
        _session = session;
        _znodes = new ZnodeClient(session);
        _registrar = new BrokerRegistrar(session, clusterId, former);
        _connections = connections;
        _controllerTimeout = TimeSpan.FromMilliseconds(config.ControllerSocketTimeoutMs);
        _scheduler = scheduler;
        _controllerDisk = scheduler.CreateThreads(maxThreads: 1);
        _time = time;
        _random = random;
        _logging = logging;
        _log = new MetadataLog(logging.CreateLogger("Broker.Metadata"));
        _isDeletionEnabled = config.DeleteTopics;
        _balancing = config.AutoLeaderRebalance
            ? new LeaderBalancing(TimeSpan.FromSeconds(config.LeaderImbalanceCheckIntervalSeconds), config.LeaderImbalancePerBrokerPercentage) : null;
        _interBrokerListener = config.InterBrokerListener.Name;
        BrokerId = brokerId;
        ClusterId = clusterId;
        Metadata = new MetadataCache(clusterId, time);
        Brokers = new DynamicBrokerConfigs(config, brokerId, _znodes, _log);
        Topics = new TopicConfigs(_znodes, Brokers);
        _defaults = new TopicDefaults(Brokers);
        Creation = new TopicCreation(_znodes, Metadata, Brokers, () => IsReplaced, BeginRequest, random, _log);
        _channel = new ControllerChannel(brokerId, () => FindController(Metadata.Current), connections, _controllerTimeout, time);
        _isrChannel = new ControllerChannel(brokerId, () => FindController(Metadata.Current), connections, _controllerTimeout, time);
        Metadata.Subscribe((_, _, _) => _channel.ControllerChanged());
        Metadata.Subscribe((_, _, _) => _isrChannel.ControllerChanged());
        _requests = new ControllerRequests(() => _controller, Creation);
        _requests.ServeTo(_channel);
        _requests.ServeTo(_isrChannel);
        AutomaticCreation = new AutomaticCreation(_channel, Metadata, _defaults, time, _log);
        _shutdown = new ControlledShutdown(_channel, config, time, new MembershipLog(logging.CreateLogger("Broker.Membership")));
        ProducerIds = new ProducerIds(_channel, brokerId, () => BrokerEpoch, scheduler, time, _log);
    }

    /// <summary>This broker's id: configured, of the former life, or generated.</summary>
    internal int BrokerId { get; }

    internal string ClusterId { get; }

    internal MetadataCache Metadata { get; }

    internal DynamicBrokerConfigs Brokers { get; }

    internal TopicConfigs Topics { get; }

    internal TopicCreation Creation { get; }

    internal AutomaticCreation AutomaticCreation { get; }

    internal ProducerIds ProducerIds { get; }

    /// <summary>The tree, for other parts of the broker.</summary>
    internal ZnodeClient Znodes => _znodes;

    /// <summary>The epoch of the broker's present registration, -1 before it; from any thread.</summary>
    internal long BrokerEpoch => _registrar.Epoch;

    /// <summary>Whether this broker is the controller now; from any thread.</summary>
    internal bool IsController => _controller?.IsActive ?? false;

    /// <summary>Whether another broker is the controller. One that rejoins is none for a moment, and mostly the next one again.</summary>
    private bool IsReplaced => !IsController && !IsThisBroker(Metadata.Current.ControllerId);

    /// <summary>Opens a session, makes the tree's fixed paths, finds out both ids, reads all settings.</summary>
    /// <param name="former">The killed life whose session is ended first; null for a broker without folders.</param>
    /// <param name="formerBrokerId">The id in the data folders; null where they are new.</param>
    /// <param name="formerClusterId">The id in the data folders, which an empty embedded tree gets again; null where they are new.</param>
    /// <param name="connections">Opens connections to the other brokers.</param>
    /// <param name="random">Chooses where replicas are placed, and ids; thread-safe.</param>
    internal static async Task<ClusterMembership> Join(
        ICoordinationService service, FormerLife? former, BrokerConfig config, int? formerBrokerId, string? formerClusterId,
        IBrokerConnections connections, IScheduler scheduler, TimeProvider time, Random random, ILoggerFactory logging)
    {
        ClusterSession session = new(service);
        try
        {
            await session.Open();
            ZnodeClient znodes = new(session);
            string proposedId = formerClusterId ?? TopicId.Format(TopicId.New(random));
            ClusterMembership? membership = null;
            await session.Persist(async () =>
            {
                await RefuseTransactions(znodes, config);
                await RefuseLostTree(znodes, config, formerClusterId);
                await znodes.CreatePersistentPaths();
                string clusterId = await znodes.GetOrCreateClusterId(proposedId);
                int brokerId = config.BrokerId >= 0 ? config.BrokerId : formerBrokerId ?? await znodes.GenerateBrokerId(config.ReservedBrokerMaxId);
                membership = new ClusterMembership(session, former, brokerId, clusterId, config, connections, scheduler, time, random, logging);
            });
            await session.Persist(async () =>
            {
                await membership!.Brokers.Refresh();
                await membership.Topics.Load();
            });
            return membership!;
        }
        catch
        {
            // The caller gets no membership to dispose of.
            await session.DisposeAsync();
            throw;
        }
    }

    /// <summary>Gives an empty embedded tree the topics of the loaded logs; does nothing where the tree has topics.</summary>
    /// <param name="logs">All that were found.</param>
    /// <param name="compactedTopics">Finds the compacted topics by their folders; called only where the tree is empty.</param>
    internal Task Seed(IEnumerable<PartitionLog> logs, Func<IReadOnlySet<string>> compactedTopics)
        => new TreeSeeding(_znodes, BrokerId, _defaults, compactedTopics, _random, _log).Seed(
        [.. logs.Select(log => new TreeSeeding.Folder(log.Partition, log.TopicId, log.Epochs.LatestEpoch, log.HighestProducerId))]);

    /// <summary>
    /// Registers the broker and takes part in the controller's election. On return, this broker has taken the cluster over if it was elected.
    /// </summary>
    /// <param name="endpoints">Where clients reach this broker, a bound port for each listener.</param>
    /// <param name="leaderAndIsr">Takes over roles and replicas; may block on the disk.</param>
    /// <param name="stopReplica">Stops and deletes replicas; may block on the disk.</param>
    /// <param name="configure">Gives the partitions of a topic its settings, those of all topics where it is null; may block as the requests do.</param>
    internal async Task Start(
        IReadOnlyList<BrokerEndpoint> endpoints, Func<LeaderAndIsrRequest, LeaderAndIsrResponse> leaderAndIsr,
        Func<StopReplicaRequest, StopReplicaResponse> stopReplica, Action<string?> configure)
    {
        BrokerRegistration registration = new(BrokerId, endpoints, Brokers.Effective.Rack, _time.GetUtcNow().ToUnixTimeMilliseconds());
        _local = new LocalBroker(leaderAndIsr, stopReplica, _controllerDisk, Metadata, Topics, () => BrokerEpoch);
        _changes = new ConfigChanges(_session, Topics, Brokers, topic => Configure(topic, configure), _scheduler, _time, _log);
        _controller = new ClusterController(
            new ControllerSettings(BrokerId, _interBrokerListener, _isDeletionEnabled, _balancing, _random, () => Metadata.Current.Topics.Values), _session,
            new ClusterBrokerChannels(BrokerId, _local, _connections, _interBrokerListener, _controllerTimeout), Topics.IsUncleanElectionAllowed,
            () => RegisterAgain(registration), _scheduler, _time, new ControllerLog(_logging.CreateLogger("Broker.Controller")), _metrics);
        // Together: a session that is replaced meanwhile needs a new registration.
        await _session.Persist(async () =>
        {
            await _registrar.Register(registration);
            await _changes.Start();
        });
        await _controller.Start();
        await _controller.AllSent(IsThisBroker);
    }

    /// <summary>Adds the metrics of this area to the broker's; before <see cref="Start"/>.</summary>
    internal void AddTo(Meter meter) => _metrics.AddTo(meter);

    /// <summary>The handlers of this area.</summary>
    internal IEnumerable<Api> Apis(IAuthorizer authorizer)
    {
        ConfigAlteration alteration = new(_znodes, Metadata, Brokers, BrokerId);
        return
        [
            new MetadataApi(Metadata, AutomaticCreation, Brokers, authorizer),
            new DescribeClusterApi(Metadata, authorizer),
            new CreateTopicsApi(Creation, Metadata, () => IsController, BeginRequest, authorizer),
            new DeleteTopicsApi(WriteAsController, Metadata, () => IsController, _isDeletionEnabled, BeginRequest, authorizer),
            new CreatePartitionsApi(new PartitionAddition(_znodes, Metadata, WriteAsController), Metadata, () => IsController, BeginRequest, authorizer),
            new DescribeConfigsApi(Metadata, Topics, Brokers, BrokerId, BeginRequest, authorizer),
            new AlterConfigsApi(alteration, BeginRequest, authorizer),
            new IncrementalAlterConfigsApi(alteration, BeginRequest, authorizer),
            new InitProducerIdApi(ProducerIds, authorizer),
            new LeaderAndIsrApi(request => _local!.Send(request, CancellationToken.None), authorizer),
            new StopReplicaApi(request => _local!.Send(request, CancellationToken.None), authorizer),
            new UpdateMetadataApi(request => _local!.Send(new MetadataUpdate(request), CancellationToken.None), authorizer),
            new ElectLeadersApi((isUnclean, partitions) => _controller!.ElectLeaders(isUnclean, partitions), Metadata, authorizer),
            new ControlledShutdownApi(_requests.Answer, authorizer),
            new AlterPartitionApi(_requests.Answer, authorizer),
            new AllocateProducerIdsApi(_requests.Answer, authorizer),
        ];
    }

    /// <summary>
    /// Asks the controller to accept in-sync replicas, over a channel of its own: creating a topic may take long, and producers wait for this.
    /// </summary>
    internal ValueTask<AlterPartitionResponse> AlterPartition(AlterPartitionRequest request, short version, CancellationToken cancellation) =>
        _isrChannel.Send<AlterPartitionRequest, AlterPartitionResponse>(request, version, response => (ErrorCode)response.ErrorCode, cancellation);

    /// <summary>Asks the controller to move this broker's leaderships to other replicas; called before the network is stopped.</summary>
    internal async Task LeaveInOrder()
    {
        bool hasOthers = Metadata.Current.Brokers.Keys.Any(broker => !IsThisBroker(broker));
        if (_controller is not null && hasOthers)
        {
            await _shutdown.Run(BrokerId, BrokerEpoch);
            await _controller.AllSent(IsThisBroker);
        }
    }

    /// <summary>
    /// Reports a failed log directory to the controller, which asks which replicas were in it and elects other leaders. Where ZooKeeper is out of reach it is
    /// tried again until the broker ends: nothing else tells the controller.
    /// </summary>
    internal async Task NoteFailedDirectory()
    {
        while (!_ended.IsCancellationRequested)
        {
            try
            {
                await _znodes.NoteFailedDirectory(BrokerId);
                return;
            }
            catch (CoordinationLostException e)
            {
                _log.DirectoryFailureNotReported(e);
            }

            try
            {
                await Task.Delay(DirectoryReportPause, _time, _ended);
            }
            catch (OperationCanceledException)
            {
                return;
            }
        }
    }

    /// <summary>For a stopping broker: on return the controllers' requests that have come are carried out, and no later one is.</summary>
    internal async Task StopRequests()
    {
        if (!_haveRequestsStopped)
        {
            _haveRequestsStopped = true;
            await _controllerDisk.Run(static () => true);
            _controllerDisk.Dispose();
        }
    }

    /// <summary>Stops the controller's part and ends the session; after the replicas are closed.</summary>
    public async ValueTask DisposeAsync()
    {
        await StopRequests();
        _ending.CancelHere();
        await _channel.DisposeAsync();
        await _isrChannel.DisposeAsync();
        if (_changes is not null)
        {
            await _changes.DisposeAsync();
        }
        if (_controller is not null)
        {
            await _controller.DisposeAsync();
        }
        await _session.DisposeAsync();
        _ending.Dispose();
    }

    /// <summary>In turn with the controller's requests: a log that one of them opens meanwhile has the former settings.</summary>
    private async Task Configure(string? topic, Action<string?> configure)
    {
        await _controllerDisk.Run(() =>
        {
            configure(topic);
            return true;
        });
        _controller?.SettingsChanged(topic);
    }

    private ControllerAddress? FindController(ClusterImage image)
    {
        if (IsThisBroker(image.ControllerId))
        {
            return new ControllerAddress(BrokerId, Host: "", Port: 0);
        }
        return image.Brokers.GetValueOrDefault(image.ControllerId)?.On(_interBrokerListener) is { } endpoint
            ? new ControllerAddress(image.ControllerId, endpoint.Host, endpoint.Port)
            : null;
    }

    /// <summary>Transactions are not served: as a leader of their topic this broker would leave producers without a coordinator.</summary>
    private static async Task RefuseTransactions(ZnodeClient znodes, BrokerConfig config)
    {
        if (config.UsesZooKeeper && await znodes.Exists(ZnodePaths.Topic(ClusterImage.TransactionState)))
        {
            throw new ConfigException(
                $"zookeeper.connect: the cluster at {config.ZooKeeperConnect} has the topic {ClusterImage.TransactionState}, and this broker serves no transactions.");
        }
    }

    /// <summary>ZooKeeper's tree is of several brokers: the folders of one do not show which replicas were in sync.</summary>
    private static async Task RefuseLostTree(ZnodeClient znodes, BrokerConfig config, string? formerClusterId)
    {
        if (config.UsesZooKeeper && formerClusterId is not null && await znodes.ClusterId() is null)
        {
            throw new ConfigException(
                $"zookeeper.connect: ZooKeeper at {config.ZooKeeperConnect} knows no cluster, but the folders of log.dirs belong to cluster {formerClusterId}: it has lost its data, or it is another one.");
        }
    }

    private RequestTime BeginRequest(TimeSpan timeout) => new(_session, _time, timeout);

    /// <summary>A controller that cannot reach the tree at present writes nothing: it is cut off, and not replaced.</summary>
    private async Task<Code?> WriteAsController(Op operation) => await _controller!.Write(operation) ?? (IsReplaced ? null : Code.ConnectionLoss);

    private bool IsThisBroker(int broker) => broker == BrokerId;

    private async ValueTask RegisterAgain(BrokerRegistration registration)
    {
        await _registrar.Register(registration);
        _changes?.Wake();
    }
}
