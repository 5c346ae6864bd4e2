using System.Diagnostics.Metrics;
using Broker.Server.Scheduling;
using Broker.Protocol;
using Broker.Protocol.Messages;
using Broker.Server.Groups;
using Broker.Server.Groups.Offsets;
using Broker.Server.Groups.Requests;
using Broker.Server.Groups.Shards;
using Broker.Server.Groups.State;
using Broker.Server.Metadata;
using Broker.Server.Partitions;
using Broker.Server.Tests.Data;
using Broker.Storage;
using Broker.Storage.Files;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;

namespace Broker.Server.Tests.Network;

public class StalledDiskTests
{
    /// <summary>More than one log directory admits, and more than the pool has threads on most machines.</summary>
    private static readonly int Stalled = AppendGate.MaxAppends(Environment.ProcessorCount) + 20;

    private static readonly TopicPartition Committed = new("t", 0);

    private static readonly byte[] Heartbeat = TestClient.Frame(new HeartbeatRequest(), 4, 2);

    [Fact]
    public async Task Appends_to_a_stalled_disk_delay_neither_other_disks_nor_heartbeats()
    {
        using ManualResetEventSlim disk = new();
        int inside = 0;
        ThreadPool.GetMinThreads(out int usualThreads, out _);
        using DataBroker broker = new(folders: ["/stalled", "/good"]);
        broker.Create("a").Create("b");
        string good = broker["a"].Log!.Directory == "/good" ? "a" : "b";
        broker[good].Log!.Directory.ShouldBe("/good");
        for (int i = 0; i < 2 * Stalled; i++)
        {
            broker.Create($"t{i}");
        }
        string[] topics = [.. Enumerable.Range(0, 2 * Stalled).Select(i => $"t{i}").Where(topic => broker[topic].Log!.Directory == "/stalled")];
        broker.Disk.BeforeChange = (change, path) =>
        {
            if (change != FileChange.Write || !path.StartsWith("/stalled", StringComparison.Ordinal))
            {
                return;
            }
            Interlocked.Increment(ref inside);
            disk.Wait();
        };
        using RunningClock clock = new(broker.Time);
        await using TestServer server = new(apis: [broker.Produce, new ScriptedHeartbeat()]);
        TestClient[] producers = [.. Enumerable.Range(0, Stalled).Select(_ => server.Connect())];
        for (int i = 0; i < Stalled; i++)
        {
            await producers[i].Send(Produce(topics[i], 1));
        }
        using TestClient member = server.Connect();
        using TestClient producer = server.Connect();
        while (Volatile.Read(ref inside) < AppendGate.MaxAppends(Environment.ProcessorCount))
        {
            await member.Send(Heartbeat);
            (await member.ReceiveCorrelationId()).ShouldBe(2);
            await producer.Send(Produce(good, 3));
            (await producer.ReceiveCorrelationId()).ShouldBe(3);
        }

        for (int i = 0; i < 20; i++)
        {
            await member.Send(Heartbeat);
            (await member.ReceiveCorrelationId()).ShouldBe(2);
        }

        ThreadPool.GetMinThreads(out int threads, out _);
        threads.ShouldBe(usualThreads, "the thread pool belongs to the process, which a broker may share with others");
        disk.Set();
        foreach (TestClient client in producers)
        {
            (await client.ReceiveCorrelationId()).ShouldBe(1);
            client.Dispose();
        }
    }

    [Fact]
    public async Task Completed_answers_are_sent_while_a_later_append_of_their_connection_blocks()
    {
        using ManualResetEventSlim disk = new();
        using DataBroker broker = new(folders: ["/stalled", "/good"]);
        broker.Create("a").Create("b");
        (string good, string stalled) = broker["a"].Log!.Directory == "/good" ? ("a", "b") : ("b", "a");
        broker.Disk.BeforeChange = (change, path) =>
        {
            if (change == FileChange.Write && path.StartsWith("/stalled", StringComparison.Ordinal))
            {
                disk.Wait();
            }
        };
        await using TestServer server = new(apis: [broker.Produce]);
        using TestClient producer = server.Connect();
        await producer.Send([.. Produce(good, 1), .. Produce(good, 2), .. Produce(stalled, 3), .. Produce(good, 4)]);
        (await producer.ReceiveCorrelationId()).ShouldBe(1);
        (await producer.ReceiveCorrelationId()).ShouldBe(2);
        broker[stalled].Log!.LogEndOffset.ShouldBe(0, "its append still blocks");
        disk.Set();
        (await producer.ReceiveCorrelationId()).ShouldBe(3);
        (await producer.ReceiveCorrelationId()).ShouldBe(4);
    }

    [Fact]
    public async Task Requests_after_one_whose_flush_stalls_are_appended_and_share_the_next_flush()
    {
        const int Later = 5;
        using ManualResetEventSlim disk = new();
        int syncs = 0;
        using DataBroker broker = new();
        broker.Create("flushed", config: new LogConfig { FlushMessages = 1 }).Create("other");
        // The first flush also flushes the folder.
        await Appended(broker["flushed"]);
        broker.Disk.BeforeChange = (change, path) =>
        {
            if (change == FileChange.Sync && path.Contains("flushed-0/", StringComparison.Ordinal) && path.EndsWith(".log", StringComparison.Ordinal))
            {
                Interlocked.Increment(ref syncs);
                disk.Wait();
            }
        };
        await using TestServer server = new(apis: [broker.Produce]);
        using TestClient producer = server.Connect();
        using TestClient other = server.Connect();
        await producer.Send(Produce("other", 1));
        await producer.Send(Produce("flushed", 2));
        (await producer.ReceiveCorrelationId()).ShouldBe(1, "the flush is not waited for on the connection's thread");
        SpinWait.SpinUntil(() => Volatile.Read(ref syncs) == 1, TimeSpan.FromSeconds(10)).ShouldBeTrue();
        for (int i = 0; i < Later; i++)
        {
            await producer.Send(Produce("flushed", 3 + i));
        }

        SpinWait.SpinUntil(() => broker["flushed"].Log!.LogEndOffset == 2 + Later, TimeSpan.FromSeconds(10)).ShouldBeTrue("all are appended");
        await other.Send(Produce("other", 100));
        (await other.ReceiveCorrelationId()).ShouldBe(100);
        broker["flushed"].FlushedUpTo.ShouldBe(1);
        broker["flushed"].Log!.HighWatermark.ShouldBe(1, "consumers read nothing that a power cut may take back");
        producer.Socket.Available.ShouldBe(0, "what is not flushed is not acknowledged");
        disk.Set();
        for (int i = 2; i < 3 + Later; i++)
        {
            (await producer.ReceiveCorrelationId()).ShouldBe(i);
        }

        broker["flushed"].FlushedUpTo.ShouldBe(2 + Later);
        syncs.ShouldBe(2);
    }

    [Fact]
    public async Task All_appends_that_wait_for_a_failed_flush_get_an_error()
    {
        using ManualResetEventSlim disk = new();
        using DataBroker broker = new();
        broker.Create("flushed", config: new LogConfig { FlushMessages = 1 });
        broker.Disk.BeforeChange = (change, path) =>
        {
            if (change == FileChange.Sync)
            {
                disk.Wait();
                throw new IOException("the disk is gone");
            }
        };
        Task<AppendOutcome>[] appends = [.. Enumerable.Range(0, 3).Select(_ => Appended(broker["flushed"]))];
        appends.ShouldAllBe(append => !append.IsCompleted);
        disk.Set();
        foreach (Task<AppendOutcome> append in appends)
        {
            (await Answer(append)).Error.ShouldBe(ErrorCode.KafkaStorageError);
        }

        broker["flushed"].State.Role.ShouldBe(PartitionRole.Offline);
    }

    [Fact]
    public async Task Commits_to_a_stalled_disk_delay_no_heartbeats_and_keep_their_order()
    {
        using ManualResetEventSlim disk = new();
        int inside = 0;
        using DataBroker broker = new(folders: ["/stalled", "/good"]);
        broker.Create(ClusterImage.ConsumerOffsets, partitions: 2 * Stalled);
        using Meter meter = new("test");
        GroupLimits limits = new() { InitialRebalanceDelayMs = 0 };
        GroupServices services = new(limits, broker.Time, broker.Wheel, new GroupMetrics(meter), NullLogger.Instance, PoolScheduler.Instance, Here);
        GroupCoordinator groups = new(services, p => new PartitionOffsetsLog(broker.Table, p, limits), () => broker.Metadata.Current);
        for (int p = 0; p < 2 * Stalled; p++)
        {
            groups.BecameLeader(ClusterImage.ConsumerOffsets, p, broker[ClusterImage.ConsumerOffsets, p].State.LeaderEpoch);
        }
        ILookup<string, string> byDisk = OneGroupAPartition(groups,
            2 * Stalled).ToLookup(group => broker[ClusterImage.ConsumerOffsets, groups.PartitionOf(group)].Log!.Directory, StringComparer.Ordinal);
        broker.Disk.BeforeChange = (change, path) =>
        {
            if (change != FileChange.Write || !path.StartsWith("/stalled", StringComparison.Ordinal))
            {
                return;
            }
            Interlocked.Increment(ref inside);
            disk.Wait();
        };
        using RunningClock clock = new(broker.Time);
        Task<IReadOnlyList<ErrorCode>>[] stalled = [.. byDisk["/stalled"].SelectMany(group => Enumerable.Range(0,
            3).Select(offset => Commit(groups, group, offset)))];
        while (Volatile.Read(ref inside) < AppendGate.MaxAppends(Environment.ProcessorCount))
        {
            foreach (string group in byDisk["/good"].Take(5))
            {
                (await Answer(groups.Submit(group, new MemberHeartbeatRequest(0, "nobody", InstanceId: null)))).ShouldBe(ErrorCode.UnknownMemberId);
                (await Answer(Commit(groups, group, 1))).ShouldBe([ErrorCode.None]);
            }
        }

        disk.Set();
        foreach (Task<IReadOnlyList<ErrorCode>> commit in stalled)
        {
            (await Answer(commit)).ShouldBe([ErrorCode.None]);
        }
        foreach (string group in byDisk["/stalled"])
        {
            FetchOffsetsResult fetched = await Answer(groups.Submit(group, new FetchOffsetsRequest([Committed], RequireStable: true)));
            fetched.Offsets.ShouldHaveSingleItem().Offset!.Offset.ShouldBe(2);
        }

        await groups.StopAsync();
    }

    [Fact]
    public async Task Cold_reads_that_block_do_not_delay_heartbeats()
    {
        using ManualResetEventSlim disk = new();
        await using TestServer server = new(apis: [new ScriptedFetch { Records = () => new BlockedRecords(disk) }, new ScriptedHeartbeat()]);
        TestClient[] readers = [.. Enumerable.Range(0, Stalled).Select(_ => server.Connect())];
        foreach (TestClient reader in readers)
        {
            await reader.Send(TestClient.Frame(new FetchRequest(), 12, 1));
        }
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

    /// <summary>A group for each partition of the topic of committed offsets.</summary>
    private static IEnumerable<string> OneGroupAPartition(GroupCoordinator groups, int partitions) =>
        Enumerable.Range(0, int.MaxValue).Select(i => $"g{i}").DistinctBy(groups.PartitionOf).Take(partitions);

    private static Task<IReadOnlyList<ErrorCode>> Commit(GroupCoordinator groups, string group, long offset) =>
        groups.Submit(group, new CommitRequest(-1, "", InstanceId: null, [new OffsetToCommit(Committed, new CommittedOffset(offset, 3, "", 0))]));

    private static Task<T> Answer<T>(Task<T> answer) => answer.WaitAsync(TimeSpan.FromSeconds(10));

    private static Task Here(int partition, Action work)
    {
        work();
        return Task.CompletedTask;
    }

    private static Task<AppendOutcome> Appended(Partition partition)
        => partition.ProduceAsync(DataBroker.Batch(), acks: -1, TimeSpan.FromSeconds(10), allowZstd: true).AsTask();

    private static byte[] Produce(string topic, int id) => TestClient.Frame(DataBroker.ProduceOf(topic, DataBroker.Batch(), acks: 1), 9, id);

    /// <summary>The clock that measures whether an append is blocked; on a thread of its own, because all threads of the pool may be blocked.</summary>
    private sealed class RunningClock : IDisposable
    {
        private readonly ManualResetEventSlim _ended = new();
        private readonly Thread _thread;

        public RunningClock(FakeTimeProvider time)
        {
            _thread = new Thread(() =>
            {
                while (!_ended.Wait(TimeSpan.FromMilliseconds(1)))
                {
                    time.Advance(TimeSpan.FromMilliseconds(20));
                }
            })
            { IsBackground = true };
            _thread.Start();
        }

        public void Dispose()
        {
            _ended.Set();
            _thread.Join();
            _ended.Dispose();
        }
    }

    private sealed class BlockedRecords(ManualResetEventSlim disk) : Broker.Server.Requests.StreamedRecords
    {
        public override string Directory => "";

        public override int Length => 1000;

        public override bool IsCached(int position, int count) => false;

        public override int ReadAt(int position, Span<byte> destination)
        {
            disk.Wait();
            return destination.Length;
        }

        public override int? SendTo(System.Runtime.InteropServices.SafeHandle socket, int position, int count) => null;
    }
}
