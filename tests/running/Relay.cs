using System.Net;
using System.Net.Sockets;

namespace Running;

/// <summary>
/// Forwards connections to a port of this machine until it is cut: then all of them break, and it accepts no new one. While it is paused, it accepts
/// connections and forwards nothing.
/// </summary>
public sealed class Relay : IDisposable
{
    private readonly TcpListener _listener;
    private readonly int _target;
    private readonly CancellationTokenSource _cut = new();
    private volatile TaskCompletionSource _open = new();
    private CancellationTokenSource _broken = new();

    public Relay(int port, int target)
    {
        _target = target;
        _open.SetResult();
        _listener = new TcpListener(IPAddress.Loopback, port);
        _listener.Start();
        _ = AcceptAsync();
    }

    public void Pause() => _open = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Ends all connections, and pauses for those that follow.</summary>
    public void Break()
    {
        Pause();
        using CancellationTokenSource broken = Interlocked.Exchange(ref _broken, new CancellationTokenSource());
        broken.Cancel();
    }

    /// <summary>Forwards what has come while it was paused, and all that comes.</summary>
    public void Resume() => _open.SetResult();

    public void Cut()
    {
        _cut.Cancel();
        _listener.Stop();
    }

    public void Dispose()
    {
        Cut();
        _cut.Dispose();
        _broken.Dispose();
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
        using CancellationTokenSource end = CancellationTokenSource.CreateLinkedTokenSource(_cut.Token, _broken.Token);
        try
        {
            await far.ConnectAsync(IPAddress.Loopback, _target, end.Token);
            await Task.WhenAny(CopyAsync(near.GetStream(), far.GetStream(), end.Token), CopyAsync(far.GetStream(), near.GetStream(), end.Token));
        }
        catch (Exception e) when (e is OperationCanceledException or IOException or SocketException)
        {
            // One side has disconnected, or the relay is cut: both connections end.
        }
    }

    private async Task CopyAsync(NetworkStream from, NetworkStream to, CancellationToken end)
    {
        byte[] buffer = new byte[64 * 1024];
        while (await from.ReadAsync(buffer, end) is var count and > 0)
        {
            await _open.Task.WaitAsync(end);
            await to.WriteAsync(buffer.AsMemory(0, count), end);
        }
    }
}
