using Broker.Protocol.Messages;

namespace Broker.Server.Tests.Network;

public class StalledDiskTests
{
    /// <summary>More than the pool has threads on most machines, so that without room made for them nothing else would run.</summary>
    private const int Stalled = 40;

    private static readonly byte[] Produce = TestClient.Frame(new ProduceRequest { Acks = 1 }, 9, 1);
    private static readonly byte[] Heartbeat = TestClient.Frame(new HeartbeatRequest(), 4, 2);

    [Fact]
    public async Task Appends_that_block_do_not_hold_up_heartbeats()
    {
        using var disk = new ManualResetEventSlim();
        int inside = 0;
        var produce = new ScriptedProduce
        {
            OnDispatch = _ =>
            {
                Interlocked.Increment(ref inside);
                disk.Wait();
            },
        };
        await using var server = new TestServer(apis: [produce, new ScriptedHeartbeat()]);
        TestClient[] producers = [.. Enumerable.Range(0, Stalled).Select(_ => server.Connect())];
        foreach (TestClient producer in producers) await producer.Send(Produce);
        using TestClient member = server.Connect();
        for (int i = 0; i < 20; i++)
        {
            await member.Send(Heartbeat);
            (await member.ReceiveCorrelationId()).ShouldBe(2);
        }

        await Task.Run(() => SpinWait.SpinUntil(() => Volatile.Read(ref inside) == Stalled, TimeSpan.FromSeconds(10)).ShouldBeTrue("all appends block"), TestContext.Current.CancellationToken);
        await member.Send(Heartbeat);
        (await member.ReceiveCorrelationId()).ShouldBe(2);
        disk.Set();
        foreach (TestClient producer in producers)
        {
            (await producer.ReceiveCorrelationId()).ShouldBe(1);
            producer.Dispose();
        }
    }

    [Fact]
    public async Task Cold_reads_that_block_do_not_hold_up_heartbeats()
    {
        using var disk = new ManualResetEventSlim();
        await using var server = new TestServer(apis: [new ScriptedFetch { Records = () => new BlockedRecords(disk) }, new ScriptedHeartbeat()]);
        TestClient[] readers = [.. Enumerable.Range(0, Stalled).Select(_ => server.Connect())];
        foreach (TestClient reader in readers) await reader.Send(TestClient.Frame(new FetchRequest(), 12, 1));
        using TestClient member = server.Connect();
        for (int i = 0; i < 20; i++)
        {
            await member.Send(Heartbeat);
            (await member.ReceiveCorrelationId()).ShouldBe(2);
        }

        disk.Set();
        foreach (TestClient reader in readers)
        {
            (await reader.ReceiveCorrelationId()).ShouldBe(1);
            reader.Dispose();
        }
    }

    private sealed class BlockedRecords(ManualResetEventSlim disk) : Broker.Server.Network.StreamedRecords
    {
        public override int Length => 1000;

        public override bool LikelyCached => false;

        public override int ReadAt(int position, Span<byte> destination)
        {
            disk.Wait();
            return destination.Length;
        }

        public override int SendTo(System.Runtime.InteropServices.SafeHandle socket, int position) => 0;
    }
}
