using Broker.Server.Config;
using Broker.Server.Controller;
using Broker.Server.InterBroker;
using Broker.Server.Metrics;
using Broker.Server.Network;
using Broker.Server.Scheduling;
using Broker.Storage.Directories;
using Microsoft.Extensions.Logging;

namespace Broker.Server.Hosting;

/// <summary>
/// The parts of a running broker: a core between its disks and its sockets. They start in this order: storage and coordination, identity, logs, bound sockets,
/// the rest of the core, requests.
/// </summary>
internal sealed class BrokerParts : IAsyncDisposable
{
    /// <summary>What one array can hold, whatever the settings of the longest responses between brokers say.</summary>
    private const int LongestResponse = 1 << 30;

    private readonly BrokerConfig _config;
    private readonly TimeProvider _time;
    private readonly Action _onAllFoldersFailed;
    private readonly ILoggerFactory _logging;
    private Storages? _storages;
    private BrokerCore? _core;

    public BrokerParts(BrokerConfig config, BrokerMetrics metrics, ILoggerFactory logging, TimeProvider time, Action onAllFoldersFailed)
    {
        _config = config;
        _logging = logging;
        _time = time;
        _onAllFoldersFailed = onAllFoldersFailed;
        Metrics = metrics;
        Sockets = new SocketServer(NetworkOptions.Of(config), logging.CreateLogger("Broker.Network"), time);
    }

    public BrokerMetrics Metrics { get; }

    public SocketServer Sockets { get; }

    /// <summary>Null until the broker has joined the cluster.</summary>
    public ClusterMembership? Membership => _core?.Membership;

    /// <exception cref="ConfigException">The broker cannot start; the message says why in one sentence.</exception>
    /// <exception cref="OperationCanceledException">Cancelled while the logs were loaded; a new start repeats whatever was changed on the disk.</exception>
    public async Task Start(bool inMemory, CancellationToken cancellation)
    {
        int longest = (int)Math.Min((long)_config.ReplicaFetchResponseMaxBytes + _config.MaxRequestBytes, LongestResponse);
        CoreServices services = new(
            new SocketBrokerConnections(longest, _time), PoolScheduler.Instance, _time, Random.Shared, Metrics.Meter, _logging);
        _storages = Storages.Open(_config, inMemory, DirectoryFailed, _time, services.Random, _logging);
        BrokerCore core = _core = new BrokerCore(_config, _storages, services);
        ClusterMembership membership = await core.Join(cancellation);
        membership.AddTo(Metrics.Meter);
        membership.Brokers.Subscribe(config => Sockets.SetLimits(NetworkOptions.Of(config)));
        Sockets.Bind(_config.Listeners);
        await core.Start(Endpoints.Of(_config, Sockets.Bound));
        ProcessMetrics.AddTo(Metrics.Meter);
        PartitionGauges.AddTo(Metrics.Meter, core.Partitions!);
        Sockets.Start(core.Apis!, new NetworkMetrics(Metrics.Meter, core.Apis!.All, () => Sockets.ConnectionCount));
    }

    /// <inheritdoc cref="BrokerCore.ReplicasOutOfSync"/>
    public int? ReplicasOutOfSync() => _core?.ReplicasOutOfSync();

    /// <inheritdoc cref="BrokerCore.Stop"/>
    public async Task Stop()
    {
        if (_core is not null)
        {
            await _core.Stop(Sockets.DisposeAsync);
        }
    }

    /// <summary>Ends everything that <see cref="Stop"/> has not, without marking the shutdown as clean.</summary>
    public async ValueTask DisposeAsync()
    {
        await (_core?.End(Sockets.DisposeAsync) ?? Sockets.DisposeAsync().AsTask());
        if (_storages is not null)
        {
            await _storages.DisposeAsync();
        }
    }

    /// <summary>Called after a failed write, perhaps under a partition's lock.</summary>
    private void DirectoryFailed(LogDirectory directory) => ThreadPool.QueueUserWorkItem(static parts => parts.TakeOffline(), this, preferLocal: false);

    private void TakeOffline()
    {
        _core?.TakeOffline();
        if (_storages is not null && !_storages.Directories.Online.Any())
        {
            _onAllFoldersFailed();
        }
    }
}
