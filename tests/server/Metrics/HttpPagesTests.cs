using System.Net;
using System.Net.Sockets;
using Broker.Server.Metrics;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;

namespace Broker.Server.Tests.Metrics;

public sealed class HttpPagesTests
{
    [Fact]
    public async Task The_pages_are_served_after_a_failed_accept()
    {
        FakeTimeProvider time = new();
        int tries = 0;
        ValueTask<Socket> Accept(Socket socket, CancellationToken cancellation) =>
            Interlocked.Increment(ref tries) <= 3 ? ValueTask.FromException<Socket>(new SocketException((int)SocketError.TooManyOpenSockets))
            : socket.AcceptAsync(cancellation);
        await using HttpPages pages = new(new IPEndPoint(IPAddress.Loopback, 0), _ => HttpPage.Plain("200 OK", "alive"), NullLogger.Instance, time, Accept);
        using HttpClient http = new() { BaseAddress = new Uri($"http://{pages.EndPoint}") };
        Task<string> page = http.GetStringAsync("/healthz", TestContext.Current.CancellationToken);
        // Ends the delay after the last failure as soon as it begins.
        while (Volatile.Read(ref tries) < 4)
        {
            time.Advance(TimeSpan.FromSeconds(1));
        }
        (await page).ShouldBe("alive");
    }

    [Theory]
    [InlineData("GET", HttpStatusCode.OK, "alive")]
    [InlineData("HEAD", HttpStatusCode.OK, "")]
    [InlineData("POST", HttpStatusCode.NotFound, "nothing")]
    public async Task A_probe_with_HEAD_is_answered_as_GET_but_without_a_body(string method, HttpStatusCode status, string body)
    {
        await using HttpPages pages = new(
            new IPEndPoint(IPAddress.Loopback, 0), path => path == "/healthz" ? HttpPage.Plain("200 OK", "alive") : HttpPage.Plain("404 Not Found", "nothing"),
            NullLogger.Instance, TimeProvider.System, (socket, cancellation) => socket.AcceptAsync(cancellation));
        using HttpClient http = new() { BaseAddress = new Uri($"http://{pages.EndPoint}") };
        using HttpRequestMessage request = new(new HttpMethod(method), "/healthz");
        using HttpResponseMessage answer = await http.SendAsync(request, TestContext.Current.CancellationToken);
        answer.StatusCode.ShouldBe(status);
        (await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken)).ShouldBe(body);
        answer.Content.Headers.ContentLength.ShouldBe(status == HttpStatusCode.OK ? 5 : 7);
    }
}
