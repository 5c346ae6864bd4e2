using System.Collections.Concurrent;
using System.Net;

namespace Broker.Server.Network;

/// <summary>The connections of a broker: their number, in all and of each address, against the limits. Any thread.</summary>
internal sealed class ConnectionTable(NetworkOptions started)
{
    private volatile NetworkOptions _options = started;
    private readonly ConcurrentDictionary<long, Entry> _connections = new();
    private readonly Lock _lock = new();
    private readonly Dictionary<IPAddress, int> _perAddress = [];
    private TaskCompletionSource? _room;
    private int _count;
    private long _lastId;

    public int Count => Volatile.Read(ref _count);

    /// <summary>The current limit of all connections together.</summary>
    public int MaxConnections => _options.MaxConnections;

    public IEnumerable<Connection> All => _connections.Select(entry => entry.Value.Connection);

    /// <summary>Returns a number that no connection of this broker has had.</summary>
    public long NextId() => Interlocked.Increment(ref _lastId);

    /// <summary>The current limit of an address.</summary>
    public int LimitOf(IPAddress address)
        => _options.ConnectionsPerIpOverrides.TryGetValue(address.ToString(), out int limit) ? limit : _options.MaxConnectionsPerIp;

    /// <summary>Replaces the limits; they apply to connections that are accepted from now on.</summary>
    public void SetLimits(NetworkOptions options)
    {
        lock (_lock)
        {
            _options = options;
            SignalRoom();
        }
    }

    /// <summary>Completes when another connection may be accepted.</summary>
    public Task WaitForRoom()
    {
        lock (_lock)
        {
            if (_count < _options.MaxConnections)
            {
                return Task.CompletedTask;
            }
            _room ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            return _room.Task;
        }
    }

    /// <summary>Counts a connection of an address; false where the address has too many.</summary>
    public bool TryEnter(IPAddress address)
    {
        lock (_lock)
        {
            int there = _perAddress.GetValueOrDefault(address);
            if (there >= LimitOf(address))
            {
                return false;
            }
            _perAddress[address] = there + 1;
            _count++;
            return true;
        }
    }

    /// <summary>Starts a counted connection and removes it when it has ended.</summary>
    public void Start(Connection connection)
    {
        Entry entry = new(connection);
        _connections[connection.Id] = entry;
        // Not on the caller's thread, which accepts connections: a request that has already arrived may block.
        entry.Running = Task.Run(() => RunToEnd(connection));
    }

    /// <summary>Closes all connections, waits at most the given time until their loops have ended, and returns how many are left.</summary>
    public async Task<int> CloseAll(TimeSpan within, TimeProvider time)
    {
        foreach (Connection connection in All)
        {
            connection.Close("the broker is stopping");
        }
        try
        {
            await Task.WhenAll(_connections.Select(entry => entry.Value.Running)).WaitAsync(within, time);
        }
        catch (TimeoutException)
        {
            // The caller logs it; handlers that never complete must not keep the process alive.
        }

        return Count;
    }

    private async Task RunToEnd(Connection connection)
    {
        await connection.Run();
        _connections.TryRemove(connection.Id, out _);
        Leave(connection.RemoteAddress);
    }

    private void Leave(IPAddress address)
    {
        lock (_lock)
        {
            _count--;
            int left = _perAddress[address] - 1;
            if (left == 0)
            {
                _perAddress.Remove(address);
            }
            else
            {
                _perAddress[address] = left;
            }
            SignalRoom();
        }
    }

    /// <summary>Under the lock.</summary>
    private void SignalRoom()
    {
        if (_count >= _options.MaxConnections)
        {
            return;
        }
        _room?.TrySetResult();
        _room = null;
    }

    private sealed record Entry(Connection Connection)
    {
        public Task Running { get; set; } = Task.CompletedTask;
    }
}
