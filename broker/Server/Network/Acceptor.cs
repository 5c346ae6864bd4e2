using System.Net;
using System.Net.Sockets;
using Broker.Server.Config;
using Microsoft.Extensions.Logging;

namespace Broker.Server.Network;

/// <summary>
/// One listening socket. It is bound early, so that no other process gets the port and clients queue; it accepts connections once the broker is ready.
/// </summary>
internal sealed class Acceptor : IDisposable
{
    private static readonly TimeSpan RetryDelay = TimeSpan.FromSeconds(1);

    private readonly Listener _listener;
    private readonly NetworkOptions _options;
    private readonly Socket _socket;
    private bool _hasLoggedFull;

    /// <exception cref="SocketException">The address cannot be bound.</exception>
    public Acceptor(Listener listener, NetworkOptions options)
    {
        _listener = listener;
        _options = options;
        _socket = Bind(listener, options.Backlog);
    }

    /// <summary>Where it listens, with the port that the system gave.</summary>
    public IPEndPoint EndPoint => (IPEndPoint)_socket.LocalEndPoint!;

    public Listener Listener => _listener with { Port = EndPoint.Port };

    /// <summary>Accepts until disposed.</summary>
    public async Task AcceptAll(ConnectionTable table, ConnectionServices services, CancellationToken stopping)
    {
        NetworkLog.Listening(services.Log, _listener.Name, EndPoint);
        while (!stopping.IsCancellationRequested)
        {
            try
            {
                await WaitForRoom(table, services.Log, stopping);
                StartConnection(await _socket.AcceptAsync(stopping), table, services);
            }
            catch (Exception e) when (stopping.IsCancellationRequested && Transport.IsEnd(e))
            {
                return;
            }
            catch (SocketException e)
            {
                // The process has no handles left, or the client closed the connection before it was accepted.
                NetworkLog.AcceptFailed(services.Log, e, _listener.Name);
                await Task.Delay(RetryDelay, services.Time, stopping).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
    }

    public void Dispose() => _socket.Dispose();

    private async Task WaitForRoom(ConnectionTable table, ILogger log, CancellationToken stopping)
    {
        Task room = table.WaitForRoom();
        if (room.IsCompleted)
        {
            _hasLoggedFull = false;
            return;
        }

        if (!_hasLoggedFull)
        {
            NetworkLog.TooManyConnections(log, table.MaxConnections);
        }
        _hasLoggedFull = true;
        await room.WaitAsync(stopping);
    }

    private void StartConnection(Socket socket, ConnectionTable table, ConnectionServices services)
    {
        if (Prepare(socket) is not { } address)
        {
            socket.Dispose();
            return;
        }

        if (!table.TryEnter(address))
        {
            NetworkLog.TooManyOfAddress(services.Log, address, table.LimitOf(address));
            services.Metrics.Refused();
            socket.Dispose();
            return;
        }

        Connection connection = new(table.NextId(), _listener, address, new SocketTransport(socket, services.Readable, services.Drained), services);
        NetworkLog.Accepted(services.Log, connection.Id, address, _listener.Name);
        services.Metrics.Accepted();
        table.Start(connection);
    }

    /// <summary>
    /// Sets the socket's options and returns the peer's address (an IPv4 address even where the socket serves IPv4 and IPv6); null when the peer has closed the
    /// connection already.
    /// </summary>
    private IPAddress? Prepare(Socket socket)
    {
        try
        {
            socket.NoDelay = true;
            if (_options.SendBufferBytes > 0)
            {
                socket.SendBufferSize = _options.SendBufferBytes;
            }
            if (_options.ReceiveBufferBytes > 0)
            {
                socket.ReceiveBufferSize = _options.ReceiveBufferBytes;
            }
            IPAddress? address = (socket.RemoteEndPoint as IPEndPoint)?.Address;
            return address is { IsIPv4MappedToIPv6: true } ? address.MapToIPv4() : address;
        }
        catch (SocketException)
        {
            return null;
        }
    }

    private static Socket Bind(Listener listener, int backlog)
    {
        IPAddress address = AddressToBind(listener.Host);
        Socket socket = new(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            if (address.Equals(IPAddress.IPv6Any))
            {
                socket.DualMode = true;
            }
            socket.Bind(new IPEndPoint(address, listener.Port));
            socket.Listen(backlog);
            return socket;
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    private static IPAddress AddressToBind(string host)
    {
        if (host.Length == 0)
        {
            return Socket.OSSupportsIPv6 ? IPAddress.IPv6Any : IPAddress.Any;
        }
        if (IPAddress.TryParse(host, out IPAddress? address))
        {
            return address;
        }
        IPAddress[] found = Dns.GetHostAddresses(host);
        return Array.Find(found, a => a.AddressFamily == AddressFamily.InterNetwork) ?? found[0];
    }
}
