using Broker.Protocol;
using Broker.Protocol.Messages;
using Broker.Server.Config;
using Broker.Server.Controller;
using Broker.Server.InterBroker;
using Broker.Server.Tests.InterBroker;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;

namespace Broker.Server.Tests.Controller;

public sealed class ControlledShutdownTests : IAsyncDisposable
{
    private static readonly TimeSpan Backoff = TimeSpan.FromSeconds(5);

    private readonly FakeTimeProvider _time = new();
    private readonly ScriptedConnections _brokers = new();
    private readonly ControllerChannel _channel;
    private readonly ControlledShutdown _shutdown;

    public ControlledShutdownTests()
    {
        _channel = new ControllerChannel(1, () => new ControllerAddress(2, "two", 9), _brokers, TimeSpan.FromSeconds(30), _time);
        BrokerConfig config = new(new Dictionary<string, string> { ["listeners"] = "PLAINTEXT://127.0.0.1:9092" });
        _shutdown = new ControlledShutdown(_channel, config, _time, new MembershipLog(NullLogger.Instance));
    }

    public ValueTask DisposeAsync() => _channel.DisposeAsync();

    [Fact]
    public async Task The_controller_is_asked_until_no_leadership_remains()
    {
        Task stopping = _shutdown.Run(1, 77);
        ScriptedConnections.Waiting request = await _brokers.Next();
        request.Version.ShouldBe((short)3);
        ((ControlledShutdownRequest)request.Request).BrokerEpoch.ShouldBe(77);
        request.Answer(new ControlledShutdownResponse { RemainingPartitions = [new() { TopicName = "t" }] });
        await PassUntilAsked();
        (await _brokers.Next()).Answer(new ControlledShutdownResponse());
        await stopping;
    }

    [Fact]
    public async Task The_tries_are_bounded_whatever_the_controller_does()
    {
        Task stopping = _shutdown.Run(1, 77);
        (await _brokers.Next()).Answer(new ControlledShutdownResponse { ErrorCode = (short)ErrorCode.StaleControllerEpoch });
        await PassUntilAsked();
        (await _brokers.Next()).Die();
        await PassUntilAsked();
        ScriptedConnections.Waiting hanging = await _brokers.Next();
        while (!stopping.IsCompleted)
        {
            _time.Advance(Backoff);
            await Task.Yield();
        }
        await stopping;
        hanging.Response.Task.IsCompleted.ShouldBeFalse();
    }

    private async Task PassUntilAsked()
    {
        while (_brokers.IsIdle)
        {
            _time.Advance(ControllerChannel.Pause);
            await Task.Yield();
        }
    }
}
