using System.Net;
using Broker.Server.Apis;
using Broker.Server.Config;
using Broker.Server.Metrics;
using Broker.Server.Network;
using Broker.Server.Time;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Broker.Server;

/// <summary>
/// One broker: composed of its parts, started in the order that Kafka's brokers start in, and stopped cleanly. Several may live in one process.
/// </summary>
public sealed class BrokerHost : IAsyncDisposable
{
    private readonly BrokerConfig _config;
    private readonly ILogger _log;
    private readonly TimeProvider _time;
    private readonly BrokerMetrics _metrics;
    private readonly TimingWheel _wheel;
    private readonly SocketServer _sockets;
    private readonly TaskCompletionSource _failed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly long _startedAt;
    private HttpPages? _pages;
    private volatile bool _ready;
    private int _stopped;

    private BrokerHost(BrokerConfig config, ILoggerFactory logging, TimeProvider time)
    {
        _config = config;
        _time = time;
        _startedAt = time.GetTimestamp();
        _log = logging.CreateLogger("Broker");
        _metrics = new BrokerMetrics(config.BrokerId);
        _wheel = new TimingWheel(time);
        _sockets = new SocketServer(NetworkOptions.Of(config), logging.CreateLogger("Broker.Network"), time);
    }

    /// <summary>HOST:PORT of every listener, as a client is given them, with the ports that were bound.</summary>
    public string BootstrapServers => string.Join(',', _sockets.Bound.Select(l => $"{(l.Host.Length == 0 ? "localhost" : l.Host)}:{l.Port}"));

    /// <summary>The port of the first listener.</summary>
    public int BoundPort => _sockets.Bound[0].Port;

    /// <summary>Where metrics and health are; null when the configuration names no place.</summary>
    public IPEndPoint? MetricsEndPoint => _pages?.EndPoint;

    /// <summary>Completes when the broker cannot go on (all its data folders have failed); it is then to be stopped.</summary>
    public Task Failed => _failed.Task;

    /// <summary>Starts a broker inside this process. It serves requests when the task completes.</summary>
    /// <exception cref="ConfigException">A setting with which it cannot start; the message is one sentence that says what to do.</exception>
    public static Task<BrokerHost> StartAsync(BrokerOptions options, CancellationToken cancellation = default)
    {
        cancellation.ThrowIfCancellationRequested();
        return StartAsync(new BrokerConfig(options.Settings), options.Logging ?? NullLoggerFactory.Instance, options.Time ?? TimeProvider.System);
    }

    internal static async Task<BrokerHost> StartAsync(BrokerConfig config, ILoggerFactory logging, TimeProvider time)
    {
        var host = new BrokerHost(config, logging, time);
        try
        {
            await host.Start();
            return host;
        }
        catch
        {
            await host.DisposeAsync();
            throw;
        }
    }

    /// <summary>Hands over leaderships, closes connections, flushes and leaves the mark of a clean end. Once; further calls do nothing.</summary>
    public async Task StopAsync()
    {
        if (Interlocked.Exchange(ref _stopped, 1) != 0) return;
        HostLog.Stopping(_log, _config.BrokerId);
        _ready = false;
        await _sockets.DisposeAsync();
        if (_pages is not null) await _pages.DisposeAsync();
        _wheel.Dispose();
        _metrics.Dispose();
        HostLog.Stopped(_log, _config.BrokerId);
    }

    public async ValueTask DisposeAsync() => await StopAsync();

    private Task Start()
    {
        StartPages();
        _sockets.Bind(_config.Listeners);
        ApiTable? apis = null;
        apis = new ApiTable([new ApiVersionsApi(() => apis!)]);
        ProcessMetrics.AddTo(_metrics.Meter);
        _sockets.Start(apis, new NetworkMetrics(_metrics.Meter, apis.All, () => _sockets.ConnectionCount));
        _ready = true;
        HostLog.Serving(_log, _config.BrokerId, "", (long)_time.GetElapsedTime(_startedAt).TotalMilliseconds);
        return Task.CompletedTask;
    }

    private void StartPages()
    {
        if (string.IsNullOrWhiteSpace(_config.MetricsListener)) return;
        if (!IPEndPoint.TryParse(_config.MetricsListener, out IPEndPoint? endPoint)) throw new ConfigException($"{BrokerConfig.MetricsListenerKey} is {_config.MetricsListener}, which is not ADDRESS:PORT.");
        _pages = new HttpPages(endPoint, Page, _log, _time);
        MetricsLog.PagesAt(_log, _pages.EndPoint);
    }

    private HttpPage Page(string path) => path switch
    {
        "/metrics" => HttpPage.Metrics(_metrics.Page()),
        "/healthz" => HttpPage.Plain("200 OK", "alive\n"),
        "/readyz" => _ready ? HttpPage.Plain("200 OK", "ready\n") : HttpPage.Plain("503 Service Unavailable", "starting or stopping\n"),
        _ => HttpPage.NotFound,
    };
}
