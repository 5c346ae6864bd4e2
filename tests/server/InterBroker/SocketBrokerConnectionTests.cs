using System.Net;
using System.Net.Sockets;
using Broker.Protocol;
using Broker.Protocol.Messages;
using Broker.Server.InterBroker;
using Broker.Server.Tests.Network;
using Microsoft.Extensions.Time.Testing;

namespace Broker.Server.Tests.InterBroker;

public sealed class SocketBrokerConnectionTests
{
    private const int Limit = 1 << 20;
    private const int Marked = 4711;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(30);

    private readonly FakeTimeProvider _time = new();

    public static TheoryData<string, Func<ScriptedPeer.Call, Task>> Unusable => new()
    {
        { "another correlation id", call => call.Send(call.Frame(Good(), call.Header.CorrelationId + 1)) },
        { "truncated", call => call.Send(TestClient.Raw(4 + 1, [.. call.Frame(Good())[4..8], 0])) },
        { "bytes left over in the frame", call => call.Send(Lengthened(call.Frame(Good()), 3)) },
        { "bytes behind the frame", call => call.Send((byte[])[.. call.Frame(Good()), 1, 2, 3]) },
        { "over the limit", call => call.Send(TestClient.Raw(Limit + 1)) },
        { "a negative length", call => call.Send(TestClient.Raw(-1)) },
        { "a length without a correlation id", call => call.Send(TestClient.Raw(3, 0, 0, 0)) },
        { "garbage", call => call.Send("HTTP/1.1 400 Bad Request\r\n\r\n"u8.ToArray()) },
        { "dies without an answer", Dies },
        { "dies within the length", call => DiesAfter(call, 2) },
        { "dies in mid-answer", call => DiesAfter(call, 9) },
    };

    [Fact]
    public async Task Requests_go_over_one_connection_with_the_header_of_their_version()
    {
        List<RequestHeader> seen = [];
        await using ScriptedPeer peer = new(call =>
        {
            seen.Add(call.Header);
            return call.Answer(call.Header.ApiKey == ApiKey.Heartbeat ? Good() : new ControlledShutdownResponse());
        });
        await using IBrokerConnection connection = Open(peer.Port);
        foreach (short version in new short[] { 0, 3, 4 })
        {
            (await Ask(connection, version)).ErrorCode.ShouldBe((short)ErrorCode.RebalanceInProgress);
        }
        await connection.Send<ControlledShutdownRequest, ControlledShutdownResponse>(new(), 0, Deadline, TestContext.Current.CancellationToken);

        peer.Connections.ShouldBe(1);
        seen.Select(header => header.ClientId).ShouldBe(["me", "me", "me", null], "version 0 of ControlledShutdown has no client id");
        seen.Select(header => header.ApiVersion).ShouldBe([0, 3, 4, 0]);
        seen.Select(header => header.CorrelationId).ShouldBeUnique();
    }

    [Theory]
    [MemberData(nameof(Unusable))]
    public async Task An_answer_that_is_none_fails_the_call_and_the_next_one_connects_again(string what, Func<ScriptedPeer.Call, Task> answer)
    {
        int calls = 0;
        await using ScriptedPeer peer = new(call => calls++ == 0 ? answer(call) : call.Answer(Good()));
        await using IBrokerConnection connection = Open(peer.Port);
        BrokerUnreachableException failure = await Should.ThrowAsync<BrokerUnreachableException>(Ask(connection));
        failure.Message.ShouldStartWith($"The broker at 127.0.0.1:{peer.Port} gave no response: ", customMessage: what);
        (await Ask(connection)).ErrorCode.ShouldBe((short)ErrorCode.RebalanceInProgress);
        peer.Connections.ShouldBe(2);
    }

    [Fact]
    public async Task A_peer_that_hangs_fails_the_call_when_the_time_is_over_and_its_late_answer_is_never_read()
    {
        TaskCompletionSource late = new(TaskCreationOptions.RunContinuationsAsynchronously);
        TaskCompletionSource received = new(TaskCreationOptions.RunContinuationsAsynchronously);
        int calls = 0;
        await using ScriptedPeer peer = new(async call =>
        {
            if (calls++ == 0)
            {
                received.SetResult();
                await late.Task;
            }
            await call.Answer(new HeartbeatResponse { ThrottleTimeMs = calls });
        });
        await using IBrokerConnection connection = Open(peer.Port);
        Task<HeartbeatResponse> first = Ask(connection);
        await received.Task.WaitAsync(Patience, TestContext.Current.CancellationToken);
        _time.Advance(Deadline - TimeSpan.FromMilliseconds(1));
        first.IsCompleted.ShouldBeFalse();
        _time.Advance(TimeSpan.FromMilliseconds(1));
        (await Should.ThrowAsync<BrokerUnreachableException>(first)).Message.ShouldEndWith("30000 ms have passed");

        late.SetResult();
        (await Ask(connection)).ThrottleTimeMs.ShouldBe(2);
    }

    [Fact]
    public async Task A_peer_that_hangs_in_mid_answer_fails_the_call_when_the_time_is_over()
    {
        TaskCompletionSource half = new(TaskCreationOptions.RunContinuationsAsynchronously);
        await using ScriptedPeer peer = new(async call =>
        {
            await call.Send(call.Frame(Good()).AsMemory(0, 9));
            half.SetResult();
            await call.Hang();
        });
        await using IBrokerConnection connection = Open(peer.Port);
        Task<HeartbeatResponse> asking = Ask(connection);
        await half.Task.WaitAsync(Patience, TestContext.Current.CancellationToken);
        _time.Advance(Deadline);
        await Should.ThrowAsync<BrokerUnreachableException>(asking);
    }

    [Fact]
    public async Task A_peer_that_accepts_no_connection_fails_the_call_when_the_time_is_over()
    {
        using Socket listener = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        listener.Listen(0);
        // The system completes one connection for a listener that accepts none, and leaves further ones without an answer.
        using Socket first = Connecting(listener);
        using Socket second = Connecting(listener);
        await using IBrokerConnection connection = Open(((IPEndPoint)listener.LocalEndPoint!).Port);
        Task<HeartbeatResponse> asking = Ask(connection);
        asking.IsCompleted.ShouldBeFalse();
        _time.Advance(Deadline);
        await Should.ThrowAsync<BrokerUnreachableException>(asking);
    }

    [Fact]
    public async Task A_peer_that_refuses_or_has_no_such_name_fails_the_call_at_once()
    {
        int free;
        await using (ScriptedPeer gone = new(Dies))
        {
            free = gone.Port;
        }
        await using IBrokerConnection refused = Open(free);
        await Should.ThrowAsync<BrokerUnreachableException>(Ask(refused));
        await using IBrokerConnection nameless = new SocketBrokerConnections(Limit, _time).Open("no-such-host.invalid", free, "me");
        await Should.ThrowAsync<BrokerUnreachableException>(Ask(nameless));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_connection_that_the_peer_closed_while_no_call_waited_is_opened_again(bool isReset)
    {
        TaskCompletionSource closed = new(TaskCreationOptions.RunContinuationsAsynchronously);
        int calls = 0;
        await using ScriptedPeer peer = new(async call =>
        {
            await call.Answer(Good());
            if (calls++ == 0)
            {
                if (isReset)
                {
                    call.Die();
                }
                call.Socket.Dispose();
                closed.SetResult();
            }
        });
        await using IBrokerConnection connection = Open(peer.Port);
        try
        {
            await Ask(connection);
        }
        catch (BrokerUnreachableException) when (isReset)
        {
            // The reset may overtake the response.
        }
        await closed.Task.WaitAsync(Patience, TestContext.Current.CancellationToken);
        await Ask(connection);
        peer.Connections.ShouldBe(2);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Cancelling_a_call_or_disposing_the_connection_ends_a_call_that_waits(bool dispose)
    {
        TaskCompletionSource received = new(TaskCreationOptions.RunContinuationsAsynchronously);
        await using ScriptedPeer peer = new(call =>
        {
            received.SetResult();
            return call.Hang();
        });
        await using IBrokerConnection connection = Open(peer.Port);
        using CancellationTokenSource cancel = new();
        Task<HeartbeatResponse> asking = Ask(connection, 4, cancel.Token);
        await received.Task.WaitAsync(Patience, TestContext.Current.CancellationToken);
        if (dispose)
        {
            await connection.DisposeAsync();
            await Should.ThrowAsync<OperationCanceledException>(Ask(connection));
        }
        else
        {
            await cancel.CancelAsync();
        }
        await Should.ThrowAsync<OperationCanceledException>(asking.WaitAsync(Patience, TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task Responses_of_all_sizes_arrive_whole_in_pieces_of_all_sizes()
    {
        Random random = new(3);
        int[] sizes = [0, 1, 4_000, 5_000, 300_000, 10, Limit - 200, 0];
        int calls = 0;
        await using ScriptedPeer peer = new(async call =>
        {
            byte[] frame = call.Frame(FetchOf(Bytes(sizes[calls++])));
            for (int at = 0; at < frame.Length;)
            {
                int count = Math.Min(frame.Length - at, random.Next(1, 200_000));
                await call.Send(frame.AsMemory(at, count));
                at += count;
            }
        });
        await using IBrokerConnection connection = Open(peer.Port);
        foreach (int size in sizes)
        {
            FetchResponse response = await connection.Send<FetchRequest, FetchResponse>(
                new FetchRequest { MaxWaitMs = 1 }, 12, Deadline, TestContext.Current.CancellationToken);
            ((MemoryRecords)response.Responses[0].Partitions[0].Records!).Memory.Span.SequenceEqual(Bytes(size)).ShouldBeTrue();
        }

        peer.Connections.ShouldBe(1);
    }

    [Fact]
    public async Task A_request_that_the_version_cannot_carry_is_a_fault_of_the_caller()
    {
        await using ScriptedPeer peer = new(call => call.Answer(Good()));
        await using IBrokerConnection connection = Open(peer.Port);
        await Should.ThrowAsync<UnsupportedVersionException>(connection.Send<HeartbeatRequest, HeartbeatResponse>(
            new HeartbeatRequest { GroupInstanceId = "i" }, 0, Deadline, TestContext.Current.CancellationToken).AsTask());
        await Ask(connection);
    }

    private static HeartbeatResponse Good() => new() { ErrorCode = (short)ErrorCode.RebalanceInProgress };

    private static byte[] Bytes(int count)
    {
        byte[] bytes = new byte[count];
        new Random(Marked + count).NextBytes(bytes);
        return bytes;
    }

    private static FetchResponse FetchOf(byte[] records) => new()
    {
        Responses = [new FetchResponse.FetchableTopicResponse
        {
            Topic = "t", Partitions = [new FetchResponse.PartitionData { Records = new MemoryRecords(records) }],
        }],
    };

    private static byte[] Lengthened(byte[] frame, int by)
    {
        byte[] longer = [.. frame, .. new byte[by]];
        System.Buffers.Binary.BinaryPrimitives.WriteInt32BigEndian(longer, longer.Length - 4);
        return longer;
    }

    private static Task Dies(ScriptedPeer.Call call)
    {
        call.Die();
        return Task.CompletedTask;
    }

    private static async Task DiesAfter(ScriptedPeer.Call call, int bytes)
    {
        await call.Send(call.Frame(Good()).AsMemory(0, bytes));
        call.Socket.Dispose();
    }

    private static Socket Connecting(Socket listener)
    {
        Socket socket = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        _ = socket.ConnectAsync(listener.LocalEndPoint!);
        return socket;
    }

    private IBrokerConnection Open(int port) => new SocketBrokerConnections(Limit, _time).Open("127.0.0.1", port, "me");

    private static Task<HeartbeatResponse> Ask(IBrokerConnection connection, short version = 4, CancellationToken cancellation = default) =>
        connection.Send<HeartbeatRequest, HeartbeatResponse>(
            new HeartbeatRequest { GroupId = "g", MemberId = "m" }, version, Deadline, cancellation).AsTask();
}
