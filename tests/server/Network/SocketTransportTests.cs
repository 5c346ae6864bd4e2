using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using Broker.Protocol.Messages;
using Broker.Server.Network;
using Broker.Server.Requests;
using Broker.Storage.Files;
using Microsoft.Extensions.Time.Testing;

namespace Broker.Server.Tests.Network;

public sealed class SocketTransportTests : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    private readonly SocketWaits _readable = SocketWaits.ForReading();
    private readonly SocketWaits _drained = SocketWaits.ForWriting();
    private readonly Socket _peer;
    private readonly SocketTransport _transport;
    private readonly string _folder = Directory.CreateTempSubdirectory("transport-").FullName;

    public SocketTransportTests()
    {
        using TcpListener listener = new(IPAddress.Loopback, 0);
        listener.Start();
        _peer = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { ReceiveBufferSize = 4 << 10, NoDelay = true };
        _peer.Connect(listener.LocalEndpoint);
        Socket accepted = listener.AcceptSocket();
        accepted.SendBufferSize = 8 << 10;
        _transport = new SocketTransport(accepted, _readable, _drained);
    }

    public void Dispose()
    {
        _transport.Dispose();
        _peer.Dispose();
        _readable.Dispose();
        _drained.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    [Fact]
    public async Task Bytes_of_any_number_arrive_in_order_at_a_peer_that_reads_slowly()
    {
        byte[] bytes = RandomBytes(3_000_000);
        Task<byte[]> received = Receive(bytes.Length);
        Random random = new(2);
        for (int at = 0; at < bytes.Length;)
        {
            int count = Math.Min(bytes.Length - at, random.Next(1, 300_000));
            await _transport.Write(bytes.AsMemory(at, count)).AsTask().WaitAsync(Patience);
            at += count;
            _transport.Sent.ShouldBe(at);
        }

        (await received).AsSpan().SequenceEqual(bytes).ShouldBeTrue();
    }

    [Fact]
    public async Task Bytes_are_read_whether_they_are_there_already_or_come_later_and_then_the_end()
    {
        byte[] into = new byte[10];
        _peer.Send([1, 2]);
        await _transport.WaitReadable().AsTask().WaitAsync(Patience);
        (await _transport.Read(into)).ShouldBe(2);
        ValueTask waiting = _transport.WaitReadable();
        waiting.IsCompleted.ShouldBeFalse();
        _peer.Send([3]);
        await waiting.AsTask().WaitAsync(Patience);
        (await _transport.Read(into)).ShouldBe(1);
        ValueTask<int> reading = _transport.Read(into);
        reading.IsCompleted.ShouldBeFalse();
        _peer.Send([4, 5, 6]);
        _peer.Shutdown(SocketShutdown.Send);
        (await reading.AsTask().WaitAsync(Patience)).ShouldBe(3);
        into[..3].ShouldBe([4, 5, 6]);
        await _transport.WaitReadable().AsTask().WaitAsync(Patience);
        (await _transport.Read(into).AsTask().WaitAsync(Patience)).ShouldBe(0);
        _transport.PeerHasEnded.ShouldBeTrue();
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_wait_ends_when_its_connection_closes(bool byUs)
    {
        Task<int> reading = _transport.Read(new byte[10]).AsTask();
        Task writing = _transport.Write(new byte[8 << 20]).AsTask();
        reading.IsCompleted.ShouldBeFalse();
        writing.IsCompleted.ShouldBeFalse();
        if (byUs)
        {
            _transport.Dispose();
        }
        else
        {
            _peer.LingerState = new LingerOption(enable: true, seconds: 0);
            _peer.Dispose();
        }

        Exception ended = await Should.ThrowAsync<Exception>(writing.WaitAsync(Patience));
        Transport.IsEnd(ended).ShouldBeTrue(ended.ToString());
        try
        {
            (await reading.WaitAsync(Patience)).ShouldBe(0, "the system tells of a reset once, perhaps to the writer");
        }
        catch (Exception e) when (Transport.IsEnd(e))
        {
            // The read has failed, as it may.
        }
    }

    [Fact]
    public async Task A_wait_on_a_closed_connection_fails_at_once()
    {
        _transport.Dispose();
        _transport.Dispose();
        foreach (Func<Task> call in new Func<Task>[]
        {
            () => _transport.WaitReadable().AsTask(), () => _transport.WaitWritable().AsTask(), () => _transport.Read(new byte[1]).AsTask(),
                () => _transport.Write(new byte[1]).AsTask(),
        })
        {
            (await Should.ThrowAsync<Exception>(async () => await call())).ShouldBeOfType<ObjectDisposedException>();
        }
    }

    [Fact]
    public async Task A_pending_wait_completes_when_the_waits_are_disposed()
    {
        Task reading = _transport.WaitReadable().AsTask();
        reading.IsCompleted.ShouldBeFalse();
        _readable.Dispose();
        await reading.WaitAsync(Patience);
        await Should.ThrowAsync<ObjectDisposedException>(async () => await _transport.WaitReadable());
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Records_of_a_file_arrive_whole_through_full_sockets_and_the_next_request_is_handled_in_the_pool(bool isCached)
    {
        byte[] bytes = RandomBytes((3 * NetworkOptions.DirectStepBytes) + 17);
        using IOpenFile file = new RealFileSystem().Open(Path.Combine(_folder, "f"), FileOpen.OrCreate);
        file.Write(0, bytes);
        TaskCompletionSource<bool> onShared = new();
        ScriptedHeartbeat heartbeat = new()
        {
            Script = _ =>
            {
                onShared.SetResult(SocketWaits.IsSharedThread);
                return new HeartbeatResponse();
            },
        };
        await using TestServer server = new(new NetworkOptions { SendBufferBytes = 8 << 10 },
            apis: [new ScriptedFetch { Records = () => new FileRecords(file, bytes.Length, isCached) }, heartbeat]);
        using TestClient client = new(server.Port, receiveBuffer: 4 << 10);
        await client.Send(TestClient.Frame(new FetchRequest { MaxWaitMs = 0 }, 12, 5), TestClient.Frame(new HeartbeatRequest(), 4, 6));
        byte[] frame = await client.Receive();
        frame.AsSpan().IndexOf(bytes).ShouldBeGreaterThan(0);
        (await client.ReceiveCorrelationId()).ShouldBe(6);
        (await onShared.Task).ShouldBeFalse();
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task The_shared_thread_runs_nothing_that_may_wait_for_a_disk(bool fails)
    {
        using IOpenFile file = new RealFileSystem().Open(Path.Combine(_folder, "f"), FileOpen.OrCreate);
        file.SetLength(3 * NetworkOptions.DirectStepBytes);
        List<WatchedRecords> watched = new();
        Random random = new(3);
        ScriptedFetch fetch = new()
        {
            Records = () =>
            {
                WatchedRecords records = new(file, random.Next(NetworkOptions.DirectStepBytes, 3 * NetworkOptions.DirectStepBytes), new Random(watched.Count),
                    fails);
                watched.Add(records);
                return records;
            },
        };
        await using TestServer server = new(new NetworkOptions { SendBufferBytes = 8 << 10 }, apis: [fetch]);
        for (int i = 0; i < 8; i++)
        {
            using TestClient client = new(server.Port, receiveBuffer: 4 << 10);
            await client.Send(TestClient.Frame(new FetchRequest { MaxWaitMs = 0 }, 12, 5));
            if (fails)
            {
                await Should.ThrowAsync<Exception>(client.Receive);
            }
            else
            {
                (await client.Receive()).Length.ShouldBeGreaterThan(watched[i].Length);
            }
        }

        await Task.Run(() => SpinWait.SpinUntil(() => watched.TrueForAll(records => records.IsDisposed), Patience).ShouldBeTrue());
        watched.ShouldAllBe(records => records.Fault == null);
        watched.Exists(records => records.WasOnShared).ShouldBeTrue("the test reaches that thread");
    }

    [Fact]
    public async Task A_stalled_disk_does_not_block_the_close_of_a_connection()
    {
        using ManualResetEventSlim disk = new();
        TaskCompletionSource reached = new();
        FakeTimeProvider time = new();
        TestServer server = new(time: time, apis: [new ScriptedFetch { Records = () => new StandingRecords(disk, reached) }]);
        using TestClient client = server.Connect();
        await client.Send(TestClient.Frame(new FetchRequest { MaxWaitMs = 0 }, 12, 5));
        await reached.Task.WaitAsync(Patience);
        Task stopping = Task.Run(server.Sockets.Stop);
        Task given = Task.Delay(Patience);
        while (!stopping.IsCompleted && !given.IsCompleted)
        {
            time.Advance(NetworkOptions.StopTime);
            await Task.Yield();
        }

        stopping.IsCompletedSuccessfully.ShouldBeTrue();
        await Should.ThrowAsync<Exception>(client.Receive);
        disk.Set();
        await server.DisposeAsync();
    }

    private static byte[] RandomBytes(int count)
    {
        byte[] bytes = new byte[count];
        new Random(1).NextBytes(bytes);
        return bytes;
    }

    private Task<byte[]> Receive(int count) => Task.Run(() =>
    {
        byte[] received = new byte[count];
        for (int got = 0; got < count;)
        {
            got += _peer.Receive(received.AsSpan(got, Math.Min(count - got, 10_000)));
        }
        return received;
    });

    private sealed class FileRecords(IOpenFile file, int length, bool isCached) : StreamedRecords
    {
        public override string Directory => "";

        public override int Length => length;

        public override bool IsCached(int position, int count) => isCached;

        public override int ReadAt(int position, Span<byte> destination) => throw new InvalidOperationException("a file is sent without reading it");

        public override int? SendTo(SafeHandle socket, int position, int count) => file.SendTo(socket, position, count);
    }

    /// <summary>Reports at random that it is cached or cannot be sent directly, and notes the calls that it gets on a shared thread.</summary>
    private sealed class WatchedRecords(IOpenFile file, int length, Random random, bool fails) : StreamedRecords
    {
        public override string Directory => "";

        private bool _saidCached;

        public override int Length => length;

        public bool IsDisposed { get; private set; }

        public bool WasOnShared { get; private set; }

        public string? Fault { get; private set; }

        public override bool IsCached(int position, int count)
        {
            WasOnShared |= SocketWaits.IsSharedThread;
            return _saidCached = random.Next(3) > 0;
        }

        public override int ReadAt(int position, Span<byte> destination)
        {
            if (SocketWaits.IsSharedThread)
            {
                Fault ??= "read";
            }
            return destination.Length;
        }

        public override int? SendTo(SafeHandle socket, int position, int count)
        {
            if (SocketWaits.IsSharedThread && !_saidCached)
            {
                Fault ??= "sent although not cached";
            }
            if (fails && position > length / 2)
            {
                throw new IOException("a disk");
            }
            if (!fails && random.Next(20) == 0)
            {
                return null;
            }
            return file.SendTo(socket, position, Math.Min(count, random.Next(1, 100_000)));
        }

        public override void Dispose()
        {
            if (SocketWaits.IsSharedThread)
            {
                Fault ??= "disposed";
            }
            IsDisposed = true;
            base.Dispose();
        }
    }

    private sealed class StandingRecords(ManualResetEventSlim disk, TaskCompletionSource reached) : StreamedRecords
    {
        public override string Directory => "";

        public override int Length => NetworkOptions.DirectStepBytes;

        public override bool IsCached(int position, int count) => false;

        public override int ReadAt(int position, Span<byte> destination) => throw new InvalidOperationException("the connection has been closed");

        public override int? SendTo(SafeHandle socket, int position, int count)
        {
            bool held = false;
            socket.DangerousAddRef(ref held);
            reached.SetResult();
            disk.Wait();
            socket.DangerousRelease();
            return 0;
        }
    }
}
