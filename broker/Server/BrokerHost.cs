using System.Net;
using System.Net.Sockets;
using Broker.Server.Config;
using Broker.Server.Hosting;
using Broker.Server.Metrics;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Broker.Server;

/// <summary>One broker: started, serving, and stopped cleanly. Several may live in one process.</summary>
public sealed class BrokerHost : IAsyncDisposable
{
    private readonly BrokerConfig _config;
    private readonly ILogger _log;
    private readonly TimeProvider _time;
    private readonly long _startedAt;
    private readonly BrokerMetrics _metrics;
    private readonly BrokerParts _parts;
    private readonly TaskCompletionSource _failed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private HttpPages? _pages;
    private volatile bool _ready;
    private volatile bool _hasCaughtUp;
    private int _stopped;

    private BrokerHost(BrokerConfig config, ILoggerFactory logging, TimeProvider time)
    {
        _config = config;
        _time = time;
        _startedAt = time.GetTimestamp();
        _log = logging.CreateLogger("Broker");
        _metrics = new BrokerMetrics(config.BrokerId);
        _parts = new BrokerParts(config, _metrics, logging, time, Fail);
    }

    /// <summary>HOST:PORT of every listener, separated by commas, as a client on this machine is given them.</summary>
    public string BootstrapServers => string.Join(',', _parts.Sockets.Bound.Select(l => $"{(l.Host.Length == 0 ? "localhost" : l.Host)}:{l.Port}"));

    /// <summary>The broker's number: configured, of its former life, or generated.</summary>
    public int BrokerId => _parts.Membership?.BrokerId ?? _config.BrokerId;

    /// <summary>The port of the first listener.</summary>
    public int BoundPort => _parts.Sockets.Bound[0].Port;

    /// <summary>Where metrics and health are; null when the configuration names no place.</summary>
    public IPEndPoint? MetricsEndPoint => _pages?.EndPoint;

    /// <summary>Completes when the broker cannot go on, because all its data folders have failed; it is then to be stopped.</summary>
    public Task Failed => _failed.Task;

    /// <summary>Starts a broker inside this process. It serves requests when the task completes.</summary>
    /// <exception cref="ConfigException">A setting with which it cannot start; the message is one sentence that says what to do.</exception>
    /// <exception cref="OperationCanceledException">Cancelled while the logs were recovered.</exception>
    public static Task<BrokerHost> StartAsync(BrokerOptions options, CancellationToken cancellation = default)
    {
        cancellation.ThrowIfCancellationRequested();
        return StartAsync(new BrokerConfig(options.Settings), options.Logging ?? NullLoggerFactory.Instance, options.Time ?? TimeProvider.System,
            options.InMemory, cancellation);
    }

    internal static async Task<BrokerHost> StartAsync(BrokerConfig config, ILoggerFactory logging, TimeProvider time, bool inMemory = false,
        CancellationToken cancellation = default)
    {
        BrokerHost host = new(config, logging, time);
        try
        {
            await host.Start(inMemory, cancellation);
            return host;
        }
        catch
        {
            host._stopped = 1;
            await host.End();
            throw;
        }
    }

    /// <summary>Hands over leaderships, closes connections, flushes and leaves the mark of a clean end. Once; further calls do nothing.</summary>
    public async Task StopAsync()
    {
        if (Interlocked.Exchange(ref _stopped, 1) != 0)
        {
            return;
        }
        HostLog.Stopping(_log, BrokerId);
        _ready = false;
        await _parts.Stop();
        await End();
        HostLog.Stopped(_log, BrokerId);
    }

    /// <summary>Ends the broker as a crash would: nothing is flushed or handed over, connections break. For tests of recovery.</summary>
    public async Task AbortAsync()
    {
        if (Interlocked.Exchange(ref _stopped, 1) == 0)
        {
            await End();
        }
    }

    public async ValueTask DisposeAsync() => await StopAsync();

    private async Task Start(bool inMemory, CancellationToken cancellation)
    {
        StartPages();
        await _parts.Start(inMemory, cancellation);
        _ready = true;
        HostLog.Serving(_log, _parts.Membership!.BrokerId, _parts.Membership.ClusterId, (long)_time.GetElapsedTime(_startedAt).TotalMilliseconds);
    }

    private async Task End()
    {
        await _parts.DisposeAsync();
        if (_pages is not null)
        {
            await _pages.DisposeAsync();
        }
        _metrics.Dispose();
    }

    private void Fail()
    {
        HostLog.AllFoldersOffline(_log);
        _failed.TrySetResult();
    }

    private void StartPages()
    {
        if (string.IsNullOrWhiteSpace(_config.MetricsListener))
        {
            return;
        }
        try
        {
            if (!IPEndPoint.TryParse(_config.MetricsListener, out IPEndPoint? endPoint))
            {
                throw new ConfigException($"{BrokerConfig.MetricsListenerKey} is {_config.MetricsListener}, which is not ADDRESS:PORT.");
            }
            _pages = new HttpPages(endPoint, Page, _log, _time);
        }
        catch (SocketException e)
        {
            throw new ConfigException($"{BrokerConfig.MetricsListenerKey} is {_config.MetricsListener}, where this broker cannot listen: {e.Message}", e);
        }

        MetricsLog.PagesAt(_log, _pages.EndPoint);
    }

    private HttpPage Page(string path) => path switch
    {
        "/metrics" => HttpPage.Metrics(_metrics.Page()),
        "/healthz"
            => _failed.Task.IsCompleted ? HttpPage.Plain("503 Service Unavailable", "all data folders have failed\n") : HttpPage.Plain("200 OK", "alive\n"),
        "/readyz" => Readiness() is { } reason ? HttpPage.Plain("503 Service Unavailable", reason + "\n") : HttpPage.Plain("200 OK", "ready\n"),
        _ => HttpPage.NotFound,
    };

    /// <summary>
    /// Why the broker is not ready; null where it is. After a start it is ready once all its replicas are in sync, so that a rolling restart knows when the
    /// next broker may be stopped.
    /// </summary>
    private string? Readiness()
    {
        if (!_ready)
        {
            return "starting or stopping";
        }

        if (!_hasCaughtUp)
        {
            if (_parts.ReplicasOutOfSync() is not { } count)
            {
                return "the controller has not sent the cluster's metadata yet";
            }

            if (count > 0)
            {
                return $"{count} replicas of this broker are not in sync yet";
            }

            _hasCaughtUp = true;
        }

        return null;
    }
}
