using Broker.Protocol;
using Broker.Protocol.Messages;
using Broker.Server.Network;
using Microsoft.Extensions.Time.Testing;

namespace Broker.Server.Tests.Network;

public class HostileBytesTests
{
    private static readonly byte[] Heartbeat = TestClient.Frame(new HeartbeatRequest { GroupId = "g", MemberId = "m" }, 4, 7);

    public static TheoryData<string, byte[]> Violations => new()
    {
        { "negative length", TestClient.Raw(-1) },
        { "lowest length", TestClient.Raw(int.MinValue) },
        { "over the limit", TestClient.Raw((100 << 20) + 1) },
        { "HTTP", "GET / HTTP/1.1\r\n\r\n"u8.ToArray() },
        { "empty frame", TestClient.Raw(0) },
        { "no room for a header", TestClient.Raw(3, 0, 0, 0) },
        { "unknown API key", TestClient.Raw(10, 3, 231, 0, 0, 0, 0, 0, 1, 0, 0) },
        { "negative API key", TestClient.Raw(10, 255, 255, 0, 0, 0, 0, 0, 1, 0, 0) },
        { "known API that is not served", TestClient.Raw(10, 0, 3, 0, 0, 0, 0, 0, 1, 0, 0) },
        { "version above", TestClient.Raw(10, 0, 12, 0, 99, 0, 0, 0, 1, 0, 0) },
        { "version below", TestClient.Raw(10, 0, 12, 255, 255, 0, 0, 0, 1, 0, 0) },
        { "header cut off", TestClient.Raw(9, 0, 12, 0, 0, 0, 0, 0, 1, 0) },
        { "client id longer than the frame", TestClient.Raw(10, 0, 12, 0, 0, 0, 0, 0, 1, 127, 255) },
        { "body cut off", TestClient.Raw(10, 0, 12, 0, 0, 0, 0, 0, 1, 255, 255) },
    };

    [Theory]
    [MemberData(nameof(Violations))]
    public async Task A_protocol_violation_closes_its_connection_and_no_other(string what, byte[] bytes)
    {
        await using TestServer server = new(apis: [new ScriptedHeartbeat()]);
        using TestClient bystander = server.Connect();
        using TestClient hostile = server.Connect();
        await hostile.Send(bytes);
        (await hostile.IsClosed()).ShouldBeTrue(what);
        await bystander.Send(Heartbeat);
        (await bystander.ReceiveCorrelationId()).ShouldBe(7);
    }

    [Fact]
    public async Task Half_sent_frames_of_100_MB_delay_no_small_ones_and_are_closed_when_they_make_no_progress()
    {
        FakeTimeProvider time = new();
        await using TestServer server = new(time: time, apis: [new ScriptedHeartbeat()]);
        TestClient[] hostile = [.. Enumerable.Range(0, 10).Select(_ => server.Connect())];
        foreach (TestClient client in hostile)
        {
            await client.Send(TestClient.Raw(100 << 20, new byte[1000]));
        }
        using TestClient bystander = server.Connect();
        for (int i = 0; i < 100; i++)
        {
            await bystander.Send(Heartbeat);
            (await bystander.ReceiveCorrelationId()).ShouldBe(7);
        }

        Task<bool>[] ends = [.. hostile.Select(client => client.IsClosed())];
        while (!Task.WhenAll(ends).IsCompleted)
        {
            time.Advance(NetworkOptions.SweepInterval);
            await bystander.Send(Heartbeat);
            await bystander.ReceiveCorrelationId();
        }

        (await Task.WhenAll(ends)).ShouldAllBe(closed => closed);
        foreach (TestClient client in hostile)
        {
            client.Dispose();
        }
    }

    [Fact]
    public async Task A_handler_that_throws_ends_its_connection_only()
    {
        ScriptedHeartbeat heartbeat = new()
        {
            Script = context => context.CorrelationId == 7 ? new HeartbeatResponse()
            : throw new InvalidOperationException("a bug")
        };
        await using TestServer server = new(apis: [heartbeat]);
        using TestClient bystander = server.Connect();
        using TestClient client = server.Connect();
        await client.Send(TestClient.Frame(new HeartbeatRequest(), 4, 8));
        (await client.IsClosed()).ShouldBeTrue();
        await bystander.Send(Heartbeat);
        (await bystander.ReceiveCorrelationId()).ShouldBe(7);
    }

    [Fact]
    public async Task Mutated_requests_are_answered_or_end_their_connection()
    {
        await using TestServer server = new(apis: [new ScriptedHeartbeat(), new ScriptedProduce()]);
        Random random = new(4711);
        byte[] produce = TestClient.Frame(new ProduceRequest { Acks = 1, TopicData = [new ProduceRequest.TopicProduceData { Name = "t" }] }, 11, 9);
        for (int i = 0; i < 300; i++)
        {
            byte[] mutated = [.. i % 2 == 0 ? Heartbeat : produce];
            for (int n = random.Next(1, 4); n > 0; n--)
            {
                mutated[random.Next(4, mutated.Length)] = (byte)random.Next(256);
            }
            using TestClient client = server.Connect();
            await client.Send(mutated, TestClient.Frame(new ApiVersionsRequest(), 0, 1));
            client.Socket.Shutdown(System.Net.Sockets.SocketShutdown.Send);
            while (!await client.IsClosed())
            {
                // The answer to one of the mutated requests.
            }
        }

        using TestClient after = server.Connect();
        await after.Send(Heartbeat);
        (await after.ReceiveCorrelationId()).ShouldBe(7);
    }
}
