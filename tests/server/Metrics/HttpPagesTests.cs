using System.Net;
using System.Net.Sockets;
using Broker.Server.Metrics;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;

namespace Broker.Server.Tests.Metrics;

public sealed class HttpPagesTests
{
    [Fact]
    public async Task A_connection_that_cannot_be_taken_is_not_the_end_of_the_pages()
    {
        FakeTimeProvider time = new();
        int tries = 0;
        ValueTask<Socket> Accept(Socket socket, CancellationToken cancellation) =>
            Interlocked.Increment(ref tries) <= 3 ? ValueTask.FromException<Socket>(new SocketException((int)SocketError.TooManyOpenSockets))
            : socket.AcceptAsync(cancellation);
        await using HttpPages pages = new(new IPEndPoint(IPAddress.Loopback, 0), _ => HttpPage.Plain("200 OK", "alive"), NullLogger.Instance, time, Accept);
        using HttpClient http = new() { BaseAddress = new Uri($"http://{pages.EndPoint}") };
        Task<string> page = http.GetStringAsync("/healthz", TestContext.Current.CancellationToken);
        // As soon as it rests after the last failure, the rest is over.
        while (Volatile.Read(ref tries) < 4)
        {
            time.Advance(TimeSpan.FromSeconds(1));
        }
        (await page).ShouldBe("alive");
    }
}
