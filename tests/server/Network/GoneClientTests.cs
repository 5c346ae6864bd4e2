using System.Collections.Concurrent;
using System.Net.Sockets;
using Broker.Protocol;
using Broker.Protocol.Messages;
using Broker.Server.Network;
using Broker.Server.Requests;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Time.Testing;

namespace Broker.Server.Tests.Network;

/// <summary>Clients that disconnect or stall keep no memory and no requests.</summary>
public class GoneClientTests
{
    private static readonly byte[] Fetch = TestClient.Frame(new FetchRequest { MaxWaitMs = int.MaxValue, MinBytes = int.MaxValue }, 12, 1);
    private static readonly byte[] Heartbeat = TestClient.Frame(new HeartbeatRequest(), 4, 7);
    private static readonly byte[] Large = TestClient.Frame(new ProduceRequest
    {
        Acks = 1, TopicData = [new() { Name = "t", PartitionData = [new() { Records = new byte[150_000] }] }],
    }, 9, 2);

    /// <summary>Room for one large frame.</summary>
    private static readonly NetworkOptions Narrow = new() { LargeFramesBytes = 200_000 };

    [Fact]
    public async Task A_large_frame_behind_an_unanswered_request_reserves_nothing()
    {
        WaitingFetchApi fetch = new();
        ScriptedProduce produce = new();
        await using TestServer server = new(Narrow, apis: [fetch, produce]);
        using TestClient waiting = server.Connect();
        await waiting.Send(Fetch, Large);
        await Until(() => fetch.Waiting == 1);
        using TestClient other = server.Connect();
        for (int i = 0; i < 20; i++)
        {
            await other.Send(Large);
            (await other.ReceiveCorrelationId()).ShouldBe(2);
        }

        produce.Dispatched.Length.ShouldBe(20);
        fetch.End();
        (await waiting.ReceiveCorrelationId()).ShouldBe(1);
        (await waiting.ReceiveCorrelationId()).ShouldBe(2);
    }

    [Fact]
    public async Task A_large_frame_for_an_unserved_API_is_refused_at_once()
    {
        await using TestServer server = new(Narrow, apis: [new ScriptedHeartbeat()]);
        using TestClient hostile = server.Connect();
        await hostile.Send(TestClient.Raw(150_000, 3, 231, 0, 0));
        (await hostile.IsClosed()).ShouldBeTrue();
    }

    [Fact]
    public async Task A_client_that_disconnects_ends_its_waiting_fetch_and_its_connection()
    {
        WaitingFetchApi fetch = new();
        await using TestServer server = new(apis: [fetch]);
        TestClient[] clients = [.. Enumerable.Range(0, 50).Select(_ => server.Connect())];
        foreach (TestClient client in clients)
        {
            await client.Send(Fetch);
        }
        await Until(() => fetch.Waiting == 50);
        foreach (TestClient client in clients)
        {
            client.Dispose();
        }
        await Until(() => server.Sockets.ConnectionCount == 0);
    }

    [Fact]
    public async Task A_disconnected_client_is_detected_behind_requests_that_have_not_been_read()
    {
        FakeTimeProvider time = new();
        WaitingFetchApi fetch = new();
        ScriptedProduce produce = new();
        await using TestServer server = new(Narrow with { MaxIdle = TimeSpan.Zero }, time, fetch, produce, new ScriptedHeartbeat());
        using TestClient bystander = server.Connect();
        using TestClient client = server.Connect();
        await client.Send(Fetch, TestClient.Frame(new ProduceRequest { Acks = 1 }, 9, 2));
        client.Socket.Shutdown(SocketShutdown.Send);
        await Until(() => fetch.Waiting == 1);
        while (fetch.Waiting == 1)
        {
            time.Advance(NetworkOptions.SweepInterval);
            await Talk(bystander);
        }

        bystander.Dispose();
        await Until(() => server.Sockets.ConnectionCount == 0);
        produce.Dispatched.ShouldBe([2], "what it had sent is done");
        (await client.ReceiveCorrelationId()).ShouldBe(1, "and whoever only sends no more is answered");
        (await client.ReceiveCorrelationId()).ShouldBe(2);
    }

    [Fact]
    public async Task A_client_that_has_shut_down_its_sending_side_still_gets_its_answers()
    {
        RequestContext? asked = null;
        ScriptedProduce produce = new() { Hold = true, OnDispatch = context => asked = context };
        await using TestServer server = new(apis: [produce]);
        using TestClient client = server.Connect();
        await client.Send(TestClient.Frame(new ProduceRequest { Acks = 1 }, 9, 1));
        client.Socket.Shutdown(SocketShutdown.Send);
        await Until(() => asked is { ClientEnded.IsCancellationRequested: true });
        asked!.ConnectionClosed.IsCancellationRequested.ShouldBeFalse();
        produce.Answer(1);
        (await client.ReceiveCorrelationId()).ShouldBe(1);
        await Until(() => asked.ConnectionClosed.IsCancellationRequested);
    }

    [Fact]
    public async Task Closing_connections_whose_requests_are_unanswered_is_no_error()
    {
        ErrorLog log = new();
        for (int round = 0; round < 20; round++)
        {
            ScriptedProduce produce = new() { Hold = true };
            await using TestServer server = new(log, produce);
            TestClient[] clients = [.. Enumerable.Range(0, 20).Select(_ => server.Connect())];
            for (int i = 0; i < clients.Length; i++)
            {
                await clients[i].Send(TestClient.Frame(new ProduceRequest { Acks = 1 }, 9, i));
            }
            await Until(() => produce.Dispatched.Length == clients.Length);
            await server.Sockets.Stop();
            foreach (TestClient client in clients)
            {
                client.Dispose();
            }
        }

        log.Errors.ShouldBeEmpty();
    }

    [Fact]
    public async Task An_unanswered_request_keeps_its_connection_no_longer_than_the_idle_time()
    {
        FakeTimeProvider time = new();
        ScriptedProduce never = new() { Hold = true };
        await using TestServer server = new(new NetworkOptions { MaxIdle = TimeSpan.FromSeconds(3) }, time, never);
        using TestClient client = server.Connect();
        await client.Send(TestClient.Frame(new ProduceRequest { Acks = 1 }, 9, 1));
        await Until(() => never.Dispatched.Length == 1);
        Task<bool> closed = client.IsClosed();
        int seconds = 0;
        for (; !closed.IsCompleted && seconds < 1000; seconds++)
        {
            time.Advance(TimeSpan.FromSeconds(1));
            await Task.Yield();
        }

        (await closed).ShouldBeTrue();
        seconds.ShouldBeGreaterThan(2);
        await Until(() => server.Sockets.ConnectionCount == 0);
        never.Answer(1);
    }

    [Fact]
    public async Task The_records_of_an_answer_that_completes_after_its_connection_closed_are_disposed()
    {
        PatternRecords records = new(100, isCached: true);
        LateFetch late = new(records);
        await using TestServer server = new(apis: [late]);
        TestClient client = server.Connect();
        await client.Send(Fetch);
        await late.Asked;
        client.Socket.LingerState = new LingerOption(enable: true, seconds: 0);
        client.Dispose();
        await Until(() => server.Sockets.ConnectionCount == 0);
        records.Disposals.ShouldBe(0);
        late.Answer();
        await Until(() => records.Disposals == 1);
    }

    [Fact]
    public async Task A_client_that_does_not_read_its_answer_is_closed_after_the_idle_time()
    {
        FakeTimeProvider time = new();
        PatternRecords records = new(26 << 20, isCached: true);
        TaskCompletionSource asked = new();
        ScriptedFetch fetch = new()
        {
            Records = () =>
            {
                asked.SetResult();
                return records;
            },
        };
        await using TestServer server = new(new NetworkOptions { MaxIdle = TimeSpan.FromSeconds(3), SendBufferBytes = 8 << 10 }, time, fetch);
        using TestClient client = new(server.Port, receiveBuffer: 4 << 10);
        await client.Send(Fetch);
        await asked.Task;
        Task ended = Until(() => server.Sockets.ConnectionCount == 0);
        while (!ended.IsCompleted)
        {
            time.Advance(NetworkOptions.SweepInterval);
            await Task.Yield();
        }

        await ended;
        records.Disposals.ShouldBe(1);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Records_that_cannot_be_read_end_their_connection_and_no_loop_waits_for_ever(bool isDisk)
    {
        await using TestServer server = new(apis: [new ScriptedFetch { Records = () => new FailingRecords(isDisk ? new IOException("a disk")
            : new InvalidOperationException("a bug")) }, new ScriptedHeartbeat()]);
        using TestClient bystander = server.Connect();
        using TestClient client = server.Connect();
        await client.Send(Fetch, Heartbeat);
        (await client.IsClosed()).ShouldBeTrue();
        await Until(() => server.Sockets.ConnectionCount == 1);
        await bystander.Send(Heartbeat);
        (await bystander.ReceiveCorrelationId()).ShouldBe(7);
    }

    [Fact]
    public void A_failure_of_the_disk_is_not_taken_for_a_disconnected_client()
    {
        Transport.IsEnd(new IOException("a disk")).ShouldBeFalse();
        Transport.IsEnd(new IOException("a connection", new SocketException((int)SocketError.ConnectionReset))).ShouldBeTrue();
        Transport.IsEnd(new SocketException((int)SocketError.ConnectionReset)).ShouldBeTrue();
    }

    private static async Task Talk(TestClient client)
    {
        await client.Send(Heartbeat);
        (await client.ReceiveCorrelationId()).ShouldBe(7);
    }

    /// <summary>Waits for a phase; a phase that never comes fails the test after ten seconds.</summary>
    private static Task Until(Func<bool> phase) => Task.Run(() => SpinWait.SpinUntil(phase, TimeSpan.FromSeconds(10)).ShouldBeTrue());

    /// <summary>Waits like a fetch that never gets enough bytes.</summary>
    private sealed class WaitingFetchApi : Broker.Server.Requests.Api<FetchRequest, FetchResponse>
    {
        private readonly TaskCompletionSource _enough = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private int _waiting;

        public int Waiting => Volatile.Read(ref _waiting);

        public void End() => _enough.SetResult();

        protected override async ValueTask<FetchResponse?> Handle(FetchRequest request, RequestContext context)
        {
            TaskCompletionSource ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
            using CancellationTokenRegistration closed = context.ClientEnded.UnsafeRegister(_ => ended.TrySetResult(), state: null);
            Interlocked.Increment(ref _waiting);
            await Task.WhenAny(ended.Task, _enough.Task);
            Interlocked.Decrement(ref _waiting);
            return new FetchResponse();
        }
    }

    /// <summary>Answers when the test says so, even after the client has disconnected.</summary>
    private sealed class LateFetch(RecordsPayload records) : Broker.Server.Requests.Api<FetchRequest, FetchResponse>
    {
        private readonly TaskCompletionSource _asked = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private readonly TaskCompletionSource _answer = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Task Asked => _asked.Task;

        public void Answer() => _answer.SetResult();

        protected override async ValueTask<FetchResponse?> Handle(FetchRequest request, RequestContext context)
        {
            _asked.SetResult();
            await _answer.Task;
            return new FetchResponse { Responses = [new() { Partitions = [new() { Records = records }] }] };
        }
    }

    private sealed class ErrorLog : ILogger
    {
        public ConcurrentQueue<string> Errors { get; } = [];

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => logLevel >= LogLevel.Error;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            if (IsEnabled(logLevel))
            {
                Errors.Enqueue(formatter(state, exception));
            }
        }
    }

    private sealed class FailingRecords(Exception failure) : StreamedRecords
    {
        public override string Directory => "";

        public override int Length => 100;

        public override bool IsCached(int position, int count) => true;

        public override int ReadAt(int position, Span<byte> destination) => throw failure;

        public override int? SendTo(System.Runtime.InteropServices.SafeHandle socket, int position, int count) => throw failure;
    }
}
