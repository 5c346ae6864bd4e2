using System.Net.Sockets;
using Broker.Server.Config;
using Broker.Server.Requests;
using Microsoft.Extensions.Logging;

namespace Broker.Server.Network;

/// <summary>
/// All listeners and connections of a broker. <see cref="Bind"/> first, <see cref="Start"/> when requests can be served, <see cref="Stop"/> once.
/// </summary>
internal sealed class SocketServer(NetworkOptions options, ILogger log, TimeProvider time) : IAsyncDisposable
{
    private readonly ConnectionTable _table = new(options);
    private readonly List<Acceptor> _acceptors = [];
    private readonly CancellationTokenSource _stopping = new();
    private readonly List<Task> _loops = [];
    private ConnectionServices? _services;
    private bool _stopped;

    /// <summary>Connections now. Any thread.</summary>
    public int ConnectionCount => _table.Count;

    /// <summary>The listeners with the ports that were bound.</summary>
    public IReadOnlyList<Listener> Bound => [.. _acceptors.Select(acceptor => acceptor.Listener)];

    /// <summary>Binds the ports. Clients that connect from now on wait for <see cref="Start"/>.</summary>
    /// <exception cref="ConfigException">An address is in use or does not belong to this machine.</exception>
    public void Bind(IEnumerable<Listener> listeners)
    {
        foreach (Listener listener in listeners)
        {
            _acceptors.Add(BindOne(listener));
        }
    }

    /// <summary>Replaces the max.connections* limits; they apply to connections that are accepted from now on. Any thread.</summary>
    public void SetLimits(NetworkOptions limits) => _table.SetLimits(limits);

    /// <summary>Begins to accept connections and to serve their requests.</summary>
    public void Start(ApiTable apis, NetworkMetrics metrics)
    {
        _services = new ConnectionServices(options, apis, metrics, log, time);
        foreach (Acceptor acceptor in _acceptors)
        {
            _loops.Add(acceptor.AcceptAll(_table, _services, _stopping.Token));
        }
        _loops.Add(SweepAll(_stopping.Token));
    }

    /// <summary>Stops accepting, closes every connection and waits a bounded time until their loops have ended. Further calls do nothing.</summary>
    public async Task Stop()
    {
        if (_stopped)
        {
            return;
        }
        _stopped = true;
        await _stopping.CancelAsync();
        foreach (Acceptor acceptor in _acceptors)
        {
            acceptor.Dispose();
        }
        await Task.WhenAll(_loops);
        int left = await _table.CloseAll(NetworkOptions.StopTime, time);
        if (left > 0)
        {
            NetworkLog.ConnectionsLeft(log, left);
        }
        _services?.Dispose();
        _services = null;
    }

    public async ValueTask DisposeAsync() => await Stop();

    private Acceptor BindOne(Listener listener)
    {
        try
        {
            return new Acceptor(listener, options);
        }
        catch (SocketException e)
        {
            throw new ConfigException($"listeners has {listener.Name}://{listener.Host}:{listener.Port}, where this broker cannot listen: {e.Message}", e);
        }
    }

    private async Task SweepAll(CancellationToken stopping)
    {
        using PeriodicTimer timer = new(NetworkOptions.SweepInterval, time);
        try
        {
            while (await timer.WaitForNextTickAsync(stopping))
            {
                long now = time.GetTimestamp();
                foreach (Connection connection in _table.All)
                {
                    connection.Sweep(now);
                }
            }
        }
        catch (OperationCanceledException)
        {
            // The broker is stopping.
        }
    }
}
