using System.Net;
using System.Net.Sockets;

namespace Integration.Tests.Support;

/// <summary>Forwards connections to a port of this machine until it is cut: then all of them break, and it accepts no new one.</summary>
internal sealed class Relay : IDisposable
{
    private readonly TcpListener _listener;
    private readonly int _target;
    private readonly CancellationTokenSource _cut = new();

    public Relay(int port, int target)
    {
        _target = target;
        _listener = new TcpListener(IPAddress.Loopback, port);
        _listener.Start();
        _ = AcceptAsync();
    }

    public void Cut()
    {
        _cut.Cancel();
        _listener.Stop();
    }

    public void Dispose()
    {
        Cut();
        _cut.Dispose();
    }

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
            {
                _ = PassAsync(await _listener.AcceptTcpClientAsync(_cut.Token));
            }
        }
        catch (Exception e) when (e is OperationCanceledException or SocketException or ObjectDisposedException)
        {
            // Cut.
        }
    }

    private async Task PassAsync(TcpClient client)
    {
        using TcpClient near = client;
        using TcpClient far = new();
        try
        {
            await far.ConnectAsync(IPAddress.Loopback, _target, _cut.Token);
            await Task.WhenAny(near.GetStream().CopyToAsync(far.GetStream(), _cut.Token), far.GetStream().CopyToAsync(near.GetStream(), _cut.Token));
        }
        catch (Exception e) when (e is OperationCanceledException or IOException or SocketException)
        {
            // One side has disconnected, or the relay is cut: both connections end.
        }
    }
}
