using Broker.Protocol;
using Broker.Protocol.Messages;
using Broker.Server.Controller;
using Broker.Server.Scheduling;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;

namespace Broker.Server.Tests.Controller;

public sealed class BrokerSenderTests : IDisposable
{
    private readonly RecordingBroker _broker = new("cluster");
    private readonly FakeTimeProvider _time = new();
    private readonly List<BrokerAnswers> _answers = [];
    private readonly BrokerSender _sender;

    public BrokerSenderTests() =>
        _sender = new BrokerSender(1, _broker, _answers.Add, PoolScheduler.Instance, _time, new ControllerLog(NullLogger.Instance));

    [Fact]
    public async Task A_request_that_does_not_arrive_is_sent_again_after_100_ms()
    {
        _broker.Fail(Fault.Refuses);
        _sender.Send(Stop("t"));
        await _broker.Failing;
        _broker.Recover();
        Task drained = _sender.Drained();
        drained.IsCompleted.ShouldBeFalse();
        await Eventually(drained);
        _broker.Told().ShouldBe(["delete t-0 @5"]);
        _answers.ShouldHaveSingleItem();
    }

    [Fact]
    public async Task A_request_whose_answer_was_lost_is_sent_again()
    {
        _broker.Fail(Fault.LosesAnswers);
        _sender.Send(Stop("t"));
        await _broker.Failing;
        _broker.Recover();
        await Eventually(_sender.Drained());
        _broker.Told().ShouldBe(["delete t-0 @5", "delete t-0 @5"]);
        _answers.ShouldHaveSingleItem();
    }

    [Theory]
    [InlineData(ErrorCode.StaleBrokerEpoch)]
    [InlineData(ErrorCode.StaleControllerEpoch)]
    public async Task An_error_is_an_answer_and_is_not_repeated(ErrorCode error)
    {
        _broker.Answer = error;
        _sender.Send(Stop("t"));
        await _sender.Drained();
        _broker.Told().ShouldBe(["delete t-0 @5"]);
        _answers.ShouldHaveSingleItem().StopReplica.ShouldNotBeNull().ErrorCode.ShouldBe((short)error);
    }

    [Fact]
    public async Task What_waits_for_a_broker_that_hangs_is_merged()
    {
        _broker.Fail(Fault.Hangs);
        _sender.Send(Stop("first"));
        await _broker.Failing;
        for (int i = 0; i < 10_000; i++)
        {
            _sender.Send(Stop("t"));
        }
        _broker.Recover();
        await _sender.Drained();
        _broker.Told().ShouldBe(["delete first-0 @5", "delete t-0 @5"]);
    }

    [Fact]
    public async Task Disposing_waits_for_nobody_and_sends_nothing_more()
    {
        _broker.Fail(Fault.Hangs);
        _sender.Send(Stop("t"));
        await _broker.Failing;
        Task drained = _sender.Drained();
        _sender.Dispose();
        await drained;
        await _broker.Closed;
        _broker.Told().ShouldBeEmpty();
        _answers.ShouldBeEmpty();
    }

    [Fact]
    public async Task A_broker_that_dies_in_the_middle_is_asked_again_when_it_is_back()
    {
        _broker.Fail(Fault.AnswersLate);
        _sender.Send(Stop("t"));
        await _broker.Failing;
        _broker.Die();
        Task drained = _sender.Drained();
        _broker.Recover();
        await Eventually(drained);
        _broker.Told().ShouldBe(["delete t-0 @5", "delete t-0 @5"]);
    }

    public void Dispose() => _sender.Dispose();

    /// <summary>The sender may enter its pause only after the clock was moved: it is moved until it has left it.</summary>
    private async Task Eventually(Task task)
    {
        while (!task.IsCompleted)
        {
            _time.Advance(BrokerSender.Backoff);
            await Task.Yield();
        }
    }

    private static BrokerRequests Stop(string topic) => new(1, null, null, new StopReplicaRequest
    {
        TopicStates = [new() { TopicName = topic, PartitionStates = [new() { PartitionIndex = 0, LeaderEpoch = 5, DeletePartition = true }] }],
    });
}
