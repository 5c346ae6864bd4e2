using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Microsoft.Extensions.Logging;

namespace Broker.Server.Metrics;

/// <summary>
/// The broker's pages for monitoring: <c>/metrics</c>, <c>/healthz</c> (the process is alive), <c>/readyz</c> (it serves requests). It serves one GET or HEAD
/// of at most 4 KiB a connection and then closes it. A web server would slow the start of the broker down more than all other parts.
/// </summary>
internal sealed class HttpPages : IAsyncDisposable
{
    /// <summary>Some load balancers probe with HEAD, which asks for a GET's answer without the body.</summary>
    private const string Head = "HEAD";

    /// <summary>A scraper's request has a few hundred bytes.</summary>
    private const int MaxRequestBytes = 4096;

    /// <summary>One or two scrapers are usual; more than this wait in the backlog.</summary>
    private const int MaxConnections = 16;

    private static readonly TimeSpan RequestTime = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan RetryDelay = TimeSpan.FromSeconds(1);

    private readonly Socket _socket;
    private readonly Func<string, HttpPage> _pages;
    private readonly ILogger _log;
    private readonly TimeProvider _time;
    private readonly Func<Socket, CancellationToken, ValueTask<Socket>> _accept;
    private readonly CancellationTokenSource _stopping = new();
    private readonly SemaphoreSlim _room = new(MaxConnections);
    private readonly Task _accepting;

    /// <param name="endPoint">Where to listen; port 0 is a free one.</param>
    /// <param name="pages">Gives the page of a path.</param>
    /// <param name="log">Gets the failures.</param>
    /// <param name="time">For the time-out of a request, and the delay after a failure.</param>
    /// <param name="accept">Accepts the next connection; null uses the socket's own method.</param>
    /// <exception cref="SocketException">The address cannot be bound.</exception>
    public HttpPages(IPEndPoint endPoint, Func<string, HttpPage> pages, ILogger log, TimeProvider time,
        Func<Socket, CancellationToken, ValueTask<Socket>>? accept = null)
    {
        _accept = accept ?? ((socket, cancellation) => socket.AcceptAsync(cancellation));
        _pages = pages;
        _log = log;
        _time = time;
        _socket = new Socket(endPoint.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        _socket.Bind(endPoint);
        _socket.Listen(MaxConnections);
        _accepting = AcceptAll();
    }

    public IPEndPoint EndPoint => (IPEndPoint)_socket.LocalEndPoint!;

    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        _socket.Dispose();
        await _accepting;
        _stopping.Dispose();
        _room.Dispose();
    }

    private async Task AcceptAll()
    {
        try
        {
            while (true)
            {
                await _room.WaitAsync(_stopping.Token);
                _ = Serve(await AcceptOne());
            }
        }
        catch (Exception e) when (e is OperationCanceledException or ObjectDisposedException)
        {
            // The broker is stopping.
        }
    }

    /// <summary>
    /// Accepts a connection, and tries again after a failure: the process has no handles left, or a scraper disconnected before it was accepted.
    /// </summary>
    private async Task<Socket> AcceptOne()
    {
        while (true)
        {
            try
            {
                return await _accept(_socket, _stopping.Token);
            }
            catch (SocketException e) when (!_stopping.IsCancellationRequested)
            {
                MetricsLog.AcceptFailed(_log, e);
                await Task.Delay(RetryDelay, _time, _stopping.Token);
            }
            catch (SocketException)
            {
                throw new OperationCanceledException(_stopping.Token);
            }
        }
    }

    private async Task Serve(Socket client)
    {
        using CancellationTokenSource timeout = new(RequestTime, _time);
        try
        {
            (string method, string path) = await ReadRequest(client, timeout.Token);
            byte[] answer = Answer(_pages(path), hasBody: method != Head);
            for (int sent = 0; sent < answer.Length;)
            {
                sent += await client.SendAsync(answer.AsMemory(sent), timeout.Token);
            }
            client.Shutdown(SocketShutdown.Both);
        }
        catch (Exception e) when (e is SocketException or OperationCanceledException or ObjectDisposedException)
        {
            // The scraper has disconnected or sends nothing.
        }
        finally
        {
            client.Dispose();
            if (!_stopping.IsCancellationRequested)
            {
                _room.Release();
            }
        }
    }

    /// <summary>Reads a request and returns method and path of a GET or HEAD; empty for anything else.</summary>
    private static async Task<(string Method, string Path)> ReadRequest(Socket client, CancellationToken cancellation)
    {
        byte[] request = new byte[MaxRequestBytes];
        int length = 0;
        while (length < request.Length && request.AsSpan(0, length).IndexOf("\r\n\r\n"u8) < 0)
        {
            int count = await client.ReceiveAsync(request.AsMemory(length), cancellation);
            if (count == 0)
            {
                return ("", "");
            }
            length += count;
        }

        string[] parts = Encoding.ASCII.GetString(request, 0, Math.Max(0, request.AsSpan(0, length).IndexOf((byte)'\r'))).Split(' ');
        return parts.Length == 3 && parts[0] is "GET" or Head ? (parts[0], parts[1].Split('?')[0]) : ("", "");
    }

    private static byte[] Answer(HttpPage page, bool hasBody)
    {
        byte[] body = Encoding.UTF8.GetBytes(page.Text);
        string head = string.Create(
            CultureInfo.InvariantCulture,
            $"HTTP/1.1 {page.Status}\r\nContent-Type: {page.ContentType}\r\nContent-Length: {body.Length}\r\nConnection: close\r\n\r\n");
        return hasBody ? [.. Encoding.ASCII.GetBytes(head), .. body] : Encoding.ASCII.GetBytes(head);
    }
}

/// <summary>An answer of the pages.</summary>
/// <param name="Status">Code and reason.</param>
/// <param name="ContentType">Its media type.</param>
/// <param name="Text">Its body.</param>
internal sealed record HttpPage(string Status, string ContentType, string Text)
{
    public static readonly HttpPage NotFound = Plain("404 Not Found", "there are /metrics, /healthz and /readyz\n");

    public static HttpPage Plain(string status, string text) => new(status, "text/plain; charset=utf-8", text);

    public static HttpPage Metrics(string text) => new("200 OK", "text/plain; version=0.0.4; charset=utf-8", text);
}
