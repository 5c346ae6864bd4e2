using Broker.Protocol;
using Broker.Protocol.Messages;
using Broker.Server.InterBroker;
using Microsoft.Extensions.Time.Testing;

namespace Broker.Server.Tests.InterBroker;

public sealed class ControllerChannelTests : IAsyncDisposable
{
    private const int Self = 1;

    private static readonly ControllerAddress Second = new(2, "two", 9);
    private static readonly ControllerAddress Third = new(3, "three", 9);
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    private readonly FakeTimeProvider _time = new();
    private readonly ScriptedConnections _brokers = new();
    private readonly ControllerChannel _channel;
    private ControllerAddress? _controller = Second;

    public ControllerChannelTests()
    {
        _channel = new ControllerChannel(Self, () => _controller, _brokers, TimeSpan.FromSeconds(30), _time);
        _channel.Serve<AllocateProducerIdsRequest, AllocateProducerIdsResponse>((request, _) =>
            ValueTask.FromResult(_controller?.BrokerId == Self ? Block(request.BrokerEpoch) : Failed(ErrorCode.NotController)));
    }

    public ValueTask DisposeAsync() => _channel.DisposeAsync();

    [Fact]
    public async Task The_controller_is_asked_over_one_connection()
    {
        for (int i = 1; i <= 3; i++)
        {
            Task<AllocateProducerIdsResponse> asking = Ask();
            ScriptedConnections.Waiting request = await _brokers.Next();
            (request.Host, request.Version, request.Timeout).ShouldBe(("two", (short)0, TimeSpan.FromSeconds(30)));
            request.Answer(Block(i));
            (await asking.WaitAsync(Patience)).ProducerIdStart.ShouldBe(i);
        }
        _brokers.Opened.ShouldBe(1);
    }

    [Fact]
    public async Task Other_errors_are_answers()
    {
        Task<AllocateProducerIdsResponse> asking = Ask();
        (await _brokers.Next()).Answer(Failed(ErrorCode.StaleBrokerEpoch));
        (await asking.WaitAsync(Patience)).ErrorCode.ShouldBe((short)ErrorCode.StaleBrokerEpoch);
    }

    [Theory]
    [InlineData(ErrorCode.NotController)]
    [InlineData(ErrorCode.StaleControllerEpoch)]
    public async Task Whoever_is_not_the_controller_is_asked_again_until_the_controller_is_known(ErrorCode error)
    {
        Task<AllocateProducerIdsResponse> asking = Ask();
        (await _brokers.Next()).Answer(Failed(error));
        await Pause();
        (await _brokers.Next()).Answer(Failed(error));
        _controller = Third;
        await Pause();
        ScriptedConnections.Waiting third = await _brokers.Next();
        third.Host.ShouldBe("three");
        _brokers.Open.ShouldBe(1, "the connection to the former controller is closed");
        third.Answer(Block(7));
        (await asking.WaitAsync(Patience)).ProducerIdStart.ShouldBe(7);
    }

    [Fact]
    public async Task A_lost_connection_has_the_request_repeated()
    {
        Task<AllocateProducerIdsResponse> asking = Ask();
        (await _brokers.Next()).Die();
        await Pause();
        (await _brokers.Next()).Answer(Block(7));
        (await asking.WaitAsync(Patience)).ProducerIdStart.ShouldBe(7);
    }

    [Fact]
    public async Task A_controller_that_hangs_is_left_when_another_one_is_elected()
    {
        Task<AllocateProducerIdsResponse> asking = Ask();
        ScriptedConnections.Waiting hanging = await _brokers.Next();
        _channel.ControllerChanged();
        _controller = Third;
        _channel.ControllerChanged();
        await Pause();
        ScriptedConnections.Waiting third = await _brokers.Next();
        hanging.Answer(Block(1));
        third.Answer(Block(7));
        (await asking.WaitAsync(Patience)).ProducerIdStart.ShouldBe(7, "the late answer is not taken");
    }

    [Fact]
    public async Task Where_this_broker_is_the_controller_it_answers_in_process()
    {
        _controller = null;
        Task<AllocateProducerIdsResponse> asking = Ask(epoch: 5);
        asking.IsCompleted.ShouldBeFalse("no controller is known");
        _controller = new ControllerAddress(Self, "", 0);
        await PassUntil(() => asking.IsCompleted);
        (await asking).ProducerIdStart.ShouldBe(5);
        _brokers.Opened.ShouldBe(0);
    }

    [Fact]
    public async Task Requests_are_sent_one_at_a_time_in_order_and_a_cancelled_one_delays_no_other()
    {
        using CancellationTokenSource cancel = new();
        Task<AllocateProducerIdsResponse> first = Ask(epoch: 1);
        Task<AllocateProducerIdsResponse> second = Ask(epoch: 2, cancel.Token);
        Task<AllocateProducerIdsResponse> third = Ask(epoch: 3);
        ScriptedConnections.Waiting request = await _brokers.Next();
        _brokers.IsIdle.ShouldBeTrue();
        await cancel.CancelAsync();
        await Should.ThrowAsync<OperationCanceledException>(second.WaitAsync(Patience));
        request.Answer(Block(((AllocateProducerIdsRequest)request.Request).BrokerEpoch));
        (await first.WaitAsync(Patience)).ProducerIdStart.ShouldBe(1);
        request = await _brokers.Next();
        request.Answer(Block(((AllocateProducerIdsRequest)request.Request).BrokerEpoch));
        (await third.WaitAsync(Patience)).ProducerIdStart.ShouldBe(3);
    }

    [Fact]
    public async Task Cancelling_or_disposing_ends_a_call_whatever_it_waits_for()
    {
        using CancellationTokenSource cancel = new();
        Task<AllocateProducerIdsResponse> cancelled = Ask(epoch: 1, cancel.Token);
        await _brokers.Next();
        await cancel.CancelAsync();
        await Should.ThrowAsync<OperationCanceledException>(cancelled.WaitAsync(Patience));

        _controller = null;
        Task<AllocateProducerIdsResponse> looking = Ask();
        await _channel.DisposeAsync();
        await Should.ThrowAsync<OperationCanceledException>(looking.WaitAsync(Patience));
        await Should.ThrowAsync<OperationCanceledException>(Ask().WaitAsync(Patience));
        _brokers.Open.ShouldBe(0);
    }

    /// <summary>Time passes until the channel has tried again, which it does some time after the answer.</summary>
    private Task Pause() => PassUntil(() => !_brokers.IsIdle);

    private async Task PassUntil(Func<bool> condition)
    {
        while (!condition())
        {
            _time.Advance(ControllerChannel.Pause);
            await Task.Yield();
        }
    }

    private Task<AllocateProducerIdsResponse> Ask(long epoch = 0, CancellationToken cancellation = default) =>
        _channel.Send<AllocateProducerIdsRequest, AllocateProducerIdsResponse>(
            new AllocateProducerIdsRequest { BrokerId = Self, BrokerEpoch = epoch }, 0, response => (ErrorCode)response.ErrorCode, cancellation).AsTask();

    private static AllocateProducerIdsResponse Block(long start) => new() { ProducerIdStart = start };

    private static AllocateProducerIdsResponse Failed(ErrorCode error) => new() { ErrorCode = (short)error };
}
