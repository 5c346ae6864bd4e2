using Broker.Protocol.Messages;
using Broker.Server.Partitions;
using Broker.Server.Tests.Data;
using Broker.Storage.Files;

namespace Broker.Server.Tests.Network;

public class StalledDiskTests
{
    /// <summary>More than one log directory has places, and than the pool has threads on most machines.</summary>
    private const int Stalled = AppendGate.Places + 20;

    private static readonly byte[] Heartbeat = TestClient.Frame(new HeartbeatRequest(), 4, 2);

    [Fact]
    public async Task Appends_to_a_stalled_disk_hold_up_neither_other_disks_nor_heartbeats()
    {
        using var disk = new ManualResetEventSlim();
        int inside = 0;
        using var broker = new DataBroker(folders: ["/stalled", "/good"]);
        broker.Create("a").Create("b");
        string good = broker["a"].Log!.Directory == "/good" ? "a" : "b";
        broker[good].Log!.Directory.ShouldBe("/good");
        for (int i = 0; i < 2 * Stalled; i++) broker.Create($"t{i}");
        string[] topics = [.. Enumerable.Range(0, 2 * Stalled).Select(i => $"t{i}").Where(topic => broker[topic].Log!.Directory == "/stalled")];
        broker.Disk.BeforeChange = (change, path) =>
        {
            if (change != FileChange.Write || !path.StartsWith("/stalled", StringComparison.Ordinal)) return;
            Interlocked.Increment(ref inside);
            disk.Wait();
        };
        // The clock by which an append counts as blocked; on a thread of its own, as all of the pool's may be blocked.
        using var ended = new ManualResetEventSlim();
        var clock = new Thread(() =>
        {
            while (!ended.Wait(TimeSpan.FromMilliseconds(1))) broker.Time.Advance(TimeSpan.FromMilliseconds(20));
        }) { IsBackground = true };
        clock.Start();
        await using var server = new TestServer(apis: [broker.Produce, new ScriptedHeartbeat()]);
        TestClient[] producers = [.. Enumerable.Range(0, Stalled).Select(_ => server.Connect())];
        for (int i = 0; i < Stalled; i++) await producers[i].Send(Produce(topics[i], 1));
        using TestClient member = server.Connect();
        using TestClient producer = server.Connect();
        while (Volatile.Read(ref inside) < AppendGate.Places)
        {
            await member.Send(Heartbeat);
            (await member.ReceiveCorrelationId()).ShouldBe(2);
            await producer.Send(Produce(good, 3));
            (await producer.ReceiveCorrelationId()).ShouldBe(3);
        }

        disk.Set();
        foreach (TestClient client in producers)
        {
            (await client.ReceiveCorrelationId()).ShouldBe(1);
            client.Dispose();
        }

        ended.Set();
        clock.Join();
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

    private static byte[] Produce(string topic, int id) => TestClient.Frame(DataBroker.ProduceOf(topic, DataBroker.Batch(), acks: 1), 9, id);

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
