using System.Net.Sockets;
using Broker.Protocol.Messages;
using Broker.Server.Network;
using Microsoft.Extensions.Time.Testing;

namespace Broker.Server.Tests.Network;

[Collection(MeasuresMemory.Name)]
public class ConnectionLimitTests
{
    private static readonly byte[] Heartbeat = TestClient.Frame(new HeartbeatRequest(), 4, 7);

    [Fact]
    public async Task Idle_connections_are_closed_after_the_idle_time()
    {
        FakeTimeProvider time = new();
        await using TestServer server = new(new NetworkOptions { MaxIdle = TimeSpan.FromMinutes(10) }, time, new ScriptedHeartbeat());
        using TestClient idle = server.Connect();
        using TestClient busy = server.Connect();
        Task<bool> closed = idle.IsClosed();
        int minutes = 0;
        for (; !closed.IsCompleted && minutes < 30; minutes++)
        {
            time.Advance(TimeSpan.FromMinutes(1));
            await busy.Send(Heartbeat);
            (await busy.ReceiveCorrelationId()).ShouldBe(7);
        }

        (await closed).ShouldBeTrue();
        minutes.ShouldBeGreaterThanOrEqualTo(10);
    }

    [Fact]
    public async Task Connections_over_the_limit_of_their_address_are_closed()
    {
        await using TestServer server = new(new NetworkOptions { MaxConnectionsPerIp = 2 }, apis: [new ScriptedHeartbeat()]);
        using TestClient first = server.Connect();
        using TestClient second = server.Connect();
        await Talk(first);
        await Talk(second);
        using TestClient third = server.Connect();
        (await third.IsClosed()).ShouldBeTrue();
        first.Dispose();
        SpinWait.SpinUntil(() => server.Sockets.ConnectionCount == 1, TimeSpan.FromSeconds(10)).ShouldBeTrue();
        using TestClient fourth = server.Connect();
        await Talk(fourth);
    }

    [Fact]
    public async Task An_address_may_have_a_limit_of_its_own()
    {
        Dictionary<string, int> overrides = new(StringComparer.Ordinal) { ["127.0.0.1"] = 3 };
        await using TestServer server = new(new NetworkOptions { MaxConnectionsPerIp = 0, ConnectionsPerIpOverrides = overrides },
            apis: [new ScriptedHeartbeat()]);
        TestClient[] clients = [server.Connect(), server.Connect(), server.Connect()];
        foreach (TestClient client in clients)
        {
            await Talk(client);
        }
        using TestClient fourth = server.Connect();
        (await fourth.IsClosed()).ShouldBeTrue();
        foreach (TestClient client in clients)
        {
            client.Dispose();
        }
    }

    [Fact]
    public async Task Connections_over_the_limit_of_the_broker_wait_until_one_ends()
    {
        await using TestServer server = new(new NetworkOptions { MaxConnections = 1 }, apis: [new ScriptedHeartbeat()]);
        using TestClient first = server.Connect();
        await Talk(first);
        using TestClient second = server.Connect();
        await second.Send(Heartbeat);
        Task<int> answered = second.ReceiveCorrelationId();
        await Talk(first);
        answered.IsCompleted.ShouldBeFalse();
        first.Dispose();
        (await answered).ShouldBe(7);
    }

    [Fact]
    public async Task Changed_limits_apply_from_the_next_connection_on()
    {
        await using TestServer server = new(new NetworkOptions { MaxConnections = 1 }, apis: [new ScriptedHeartbeat()]);
        using TestClient first = server.Connect();
        await Talk(first);
        using TestClient waiting = server.Connect();
        await waiting.Send(Heartbeat);
        server.Sockets.SetLimits(new NetworkOptions { MaxConnectionsPerIp = 2 });
        (await waiting.ReceiveCorrelationId()).ShouldBe(7);
        using TestClient third = server.Connect();
        (await third.IsClosed()).ShouldBeTrue();
        await Talk(first);
    }

    [Fact]
    public async Task Thousands_of_idle_connections_are_cheap()
    {
        await using TestServer server = new(apis: [new ScriptedHeartbeat()]);
        const int Count = 1000;
        List<TestClient> sockets = new(Count);
        using TestClient client = server.Connect();
        await Talk(client);
        long before = GC.GetTotalMemory(forceFullCollection: true);
        for (int i = 0; i < Count; i++)
        {
            sockets.Add(server.Connect());
        }
        SpinWait.SpinUntil(() => server.Sockets.ConnectionCount == Count + 1, TimeSpan.FromSeconds(10)).ShouldBeTrue();
        long each = (GC.GetTotalMemory(forceFullCollection: true) - before) / Count;
        await Talk(client);
        each.ShouldBeLessThan(8 << 10, "managed bytes of a connection, its test client's included");
        foreach (TestClient idle in sockets)
        {
            idle.Dispose();
        }
    }

    [Fact]
    public async Task A_stopped_server_closes_its_connections_and_releases_its_port()
    {
        TestServer server = new(apis: [new ScriptedHeartbeat()]);
        int port = server.Port;
        using TestClient client = server.Connect();
        await Talk(client);
        await server.DisposeAsync();
        (await client.IsClosed()).ShouldBeTrue();
        Should.Throw<SocketException>(() => new TestClient(port));
    }

    private static async Task Talk(TestClient client)
    {
        await client.Send(Heartbeat);
        (await client.ReceiveCorrelationId()).ShouldBe(7);
    }
}
