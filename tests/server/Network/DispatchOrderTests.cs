using Broker.Protocol;
using Broker.Protocol.Messages;
using Broker.Server.Network;
using Microsoft.Extensions.Time.Testing;

namespace Broker.Server.Tests.Network;

public class DispatchOrderTests
{
    private static byte[] Produce(int id, short acks = 1) => TestClient.Frame(new ProduceRequest { Acks = acks }, 9, id);

    private static byte[] Heartbeat(int id) => TestClient.Frame(new HeartbeatRequest(), 4, id);

    [Fact]
    public async Task Produces_run_ahead_of_unanswered_produces_and_are_answered_in_order()
    {
        ScriptedProduce produce = new() { Hold = true };
        await using TestServer server = new(apis: [produce]);
        using TestClient client = server.Connect();
        await client.Send(Produce(1), Produce(2), Produce(3));
        await Until(() => produce.Dispatched.Length == 3);
        produce.Answer(3);
        produce.Answer(2);
        produce.Answer(1);
        (await client.ReceiveCorrelationId()).ShouldBe(1);
        (await client.ReceiveCorrelationId()).ShouldBe(2);
        (await client.ReceiveCorrelationId()).ShouldBe(3);
    }

    [Fact]
    public async Task No_more_than_32_produces_run_ahead()
    {
        ScriptedProduce produce = new() { Hold = true };
        await using TestServer server = new(apis: [produce]);
        using TestClient client = server.Connect();
        await client.Send([.. Enumerable.Range(1, 40).Select(id => Produce(id))]);
        await Until(() => produce.Dispatched.Length == NetworkOptions.MaxProducesAhead);
        produce.Answer(1);
        (await client.ReceiveCorrelationId()).ShouldBe(1);
        await Until(() => produce.Dispatched.Length == NetworkOptions.MaxProducesAhead + 1);
        produce.Dispatched.ShouldBe(Enumerable.Range(1, NetworkOptions.MaxProducesAhead + 1));
    }

    [Fact]
    public async Task A_request_other_than_Produce_waits_until_all_earlier_requests_are_answered()
    {
        ScriptedProduce produce = new() { Hold = true };
        bool heartbeatSeen = false;
        ScriptedHeartbeat heartbeat = new() { Script = _ => Seen(ref heartbeatSeen) };
        await using TestServer server = new(apis: [produce, heartbeat]);
        using TestClient client = server.Connect();
        using TestClient other = server.Connect();
        await client.Send(Produce(1), Heartbeat(2), Produce(3));
        await Until(() => produce.Dispatched.Length == 1);
        await other.Send(TestClient.Frame(new ApiVersionsRequest(), 0, 1));
        await other.ReceiveCorrelationId();
        heartbeatSeen.ShouldBeFalse();
        produce.Answer(1);
        (await client.ReceiveCorrelationId()).ShouldBe(1);
        (await client.ReceiveCorrelationId()).ShouldBe(2);
        await Until(() => produce.Dispatched.Length == 2);
        produce.Answer(3);
        (await client.ReceiveCorrelationId()).ShouldBe(3);
    }

    [Fact]
    public async Task A_produce_with_acks_0_is_never_answered()
    {
        await using TestServer server = new(apis: [new ScriptedProduce(), new ScriptedHeartbeat()]);
        using TestClient client = server.Connect();
        await client.Send(Produce(1, acks: 0), Heartbeat(2), Produce(3, acks: 0), Heartbeat(4));
        (await client.ReceiveCorrelationId()).ShouldBe(2);
        (await client.ReceiveCorrelationId()).ShouldBe(4);
    }

    [Fact]
    public async Task A_failed_produce_with_acks_0_closes_the_connection()
    {
        ScriptedProduce produce = new() { OnDispatch = context => context.CloseConnection("a failed acks=0 produce") };
        await using TestServer server = new(apis: [produce]);
        using TestClient client = server.Connect();
        await client.Send(Produce(1, acks: 0));
        (await client.IsClosed()).ShouldBeTrue();
    }

    [Fact]
    public async Task Thousands_of_pipelined_requests_are_answered_in_order()
    {
        await using TestServer server = new(apis: [new ScriptedProduce(), new ScriptedHeartbeat()]);
        using TestClient client = server.Connect();
        byte[] all = [.. Enumerable.Range(0, 5000).SelectMany(id => id % 3 == 0 ? Heartbeat(id) : Produce(id))];
        Task sending = client.Send(all);
        for (int id = 0; id < 5000; id++)
        {
            (await client.ReceiveCorrelationId()).ShouldBe(id);
        }
        await sending;
    }

    [Fact]
    public async Task Throttled_answers_are_sent_at_once_and_the_next_request_waits()
    {
        FakeTimeProvider time = new();
        ScriptedProduce produce = new() { OnDispatch = context => context.ThrottleTimeMs = context.CorrelationId == 1 ? 500 : 0 };
        await using TestServer server = new(time: time, apis: [produce]);
        using TestClient client = server.Connect();
        using TestClient other = server.Connect();
        await client.Send(Produce(1), Produce(2));
        (await client.ReceiveCorrelationId()).ShouldBe(1);
        time.Advance(TimeSpan.FromMilliseconds(499));
        await other.Send(TestClient.Frame(new ApiVersionsRequest(), 0, 1));
        await other.ReceiveCorrelationId();
        produce.Dispatched.ShouldBe([1]);
        Task<int> second = client.ReceiveCorrelationId();
        while (!second.IsCompleted)
        {
            time.Advance(TimeSpan.FromMilliseconds(10));
            await other.Send(TestClient.Frame(new ApiVersionsRequest(), 0, 1));
            await other.ReceiveCorrelationId();
        }

        (await second).ShouldBe(2);
    }

    /// <summary>Waits for a phase; a phase that never comes fails the test after ten seconds.</summary>
    private static Task Until(Func<bool> phase) => Task.Run(() => SpinWait.SpinUntil(phase, TimeSpan.FromSeconds(10)).ShouldBeTrue());

    private static HeartbeatResponse Seen(ref bool flag)
    {
        flag = true;
        return new HeartbeatResponse();
    }
}
