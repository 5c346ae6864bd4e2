using System.Net;
using System.Net.Sockets;

namespace Integration.Tests.Support;

/// <summary>Passes connections on to a port of this machine until it is cut: then all of them break, and no new one is taken.</summary>
internal sealed class Relay : IDisposable
{
    private readonly TcpListener listener;
    private readonly int target;
    private readonly CancellationTokenSource cut = new();

    public Relay(int port, int target)
    {
        this.target = target;
        listener = new TcpListener(IPAddress.Loopback, port);
        listener.Start();
        _ = AcceptAsync();
    }

    public void Cut()
    {
        cut.Cancel();
        listener.Stop();
    }

    public void Dispose()
    {
        Cut();
        cut.Dispose();
    }

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
                _ = PassAsync(await listener.AcceptTcpClientAsync(cut.Token));
        }
        catch (Exception e) when (e is OperationCanceledException or SocketException or ObjectDisposedException)
        {
            // Cut.
        }
    }

    private async Task PassAsync(TcpClient client)
    {
        using TcpClient near = client;
        using var far = new TcpClient();
        try
        {
            await far.ConnectAsync(IPAddress.Loopback, target, cut.Token);
            await Task.WhenAny(near.GetStream().CopyToAsync(far.GetStream(), cut.Token), far.GetStream().CopyToAsync(near.GetStream(), cut.Token));
        }
        catch (Exception e) when (e is OperationCanceledException or IOException or SocketException)
        {
            // One side has gone, or the relay is cut: both connections end.
        }
    }
}
