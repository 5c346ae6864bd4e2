using System.Text;
using Confluent.Kafka;
using Game.Contracts;
using Game.GameServer.Actions;
using Game.GameServer.Publishing;
using Game.GameServer.Telemetry;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using NSubstitute;

namespace Game.GameServer.Tests;

public sealed class KafkaEventPublisherTests : IDisposable
{
    private static readonly Error Fatal = new(ErrorCode.OutOfOrderSequenceNumber, "sequence lost", isFatal: true);

    private readonly FakeTimeProvider _time = new();
    private readonly ProducerDouble _producers = new();
    private readonly KafkaEventPublisher _publisher;
    private readonly ServerMetrics _metrics;
    private readonly ServiceProvider _services = new ServiceCollection().AddMetrics().BuildServiceProvider();

    public KafkaEventPublisherTests()
    {
        _metrics = new(_services.GetRequiredService<System.Diagnostics.Metrics.IMeterFactory>());
        _publisher = new(_producers, _metrics, _time, NullLogger<KafkaEventPublisher>.Instance);
    }

    public void Dispose()
    {
        _producers.FlushAtOnce();
        _publisher.Dispose();
        _services.Dispose();
    }

    [Fact]
    public void A_trade_is_two_records_each_keyed_by_its_player_and_acknowledged_together()
    {
        (PlayerAction trade, Observer observer) = Trade();
        _publisher.Publish(trade);

        _producers.Sent.Select(sent => (sent.Topic, Encoding.UTF8.GetString(sent.Message.Key))).ShouldBe([("player-events", "a"), ("player-events", "b")]);
        new EventDecoder().Decode(_producers.Sent[1].Message.Value, out EventView view).IsFailure.ShouldBeFalse();
        view.ToEvent().ShouldBe(trade.Second);
        _producers.Sent[0].Message.Headers.ShouldBeSameAs(trade.Headers);

        _producers.Report(0);
        observer.Answers.ShouldBeEmpty();
        _metrics.InFlight.ShouldBe(1);
        _producers.Report(1);
        observer.Answers.ShouldHaveSingleItem().Status.ShouldBe(201);
        _metrics.InFlight.ShouldBe(0);
    }

    [Theory]
    [InlineData(true, false)]
    [InlineData(false, true)]
    [InlineData(false, false)]
    public void A_trade_with_one_failed_side_is_answered_503(bool first, bool second)
    {
        (PlayerAction trade, Observer observer) = Trade();
        _publisher.Publish(trade);
        _producers.Report(0, first ? ErrorCode.NoError : ErrorCode.Local_MsgTimedOut);
        _producers.Report(1, second ? ErrorCode.NoError : ErrorCode.Local_MsgTimedOut);
        observer.Answers.ShouldHaveSingleItem().ShouldBe(Problems.Unavailable);
    }

    [Fact]
    public void A_full_queue_is_answered_at_once()
    {
        _producers.RefuseAfter = 0;
        (PlayerAction trade, Observer observer) = Trade();
        _publisher.Publish(trade);
        observer.Answers.ShouldHaveSingleItem().ShouldBe(Problems.Unavailable);
        _producers.Sent.ShouldBeEmpty();
    }

    [Fact]
    public void A_queue_that_is_full_for_the_second_side_is_answered_503_when_the_first_is_acknowledged()
    {
        _producers.RefuseAfter = 1;
        (PlayerAction trade, Observer observer) = Trade();
        _publisher.Publish(trade);
        observer.Answers.ShouldBeEmpty();
        _producers.Report(0);
        observer.Answers.ShouldHaveSingleItem().ShouldBe(Problems.Unavailable);
    }

    [Fact]
    public async Task A_failed_producer_is_replaced_after_all_its_records_are_acknowledged_or_given_up()
    {
        (PlayerAction held, Observer first) = Trade();
        _publisher.Publish(held);
        _producers.Fail(Fatal);
        _time.Advance(TimeSpan.FromSeconds(1));

        (PlayerAction refused, Observer second) = Trade();
        _publisher.Publish(refused);
        second.Answers.ShouldHaveSingleItem().ShouldBe(Problems.Unavailable);
        _producers.Made.ShouldBe(1);

        _producers.Report(0, ErrorCode.Local_PurgeQueue);
        _producers.Report(1, ErrorCode.Local_PurgeQueue);
        first.Answers.ShouldHaveSingleItem().ShouldBe(Problems.Unavailable);
        await _producers.FinishFlushAsync();
        (PlayerAction good, Observer third) = PublishUntilReplaced();
        _producers.Made.ShouldBe(2);
        good.CompleteEvent(acknowledged: true);
        good.CompleteEvent(acknowledged: true);
        third.Answers.ShouldHaveSingleItem().Status.ShouldBe(201);
    }

    [Fact]
    public void Producers_that_fail_at_once_are_not_made_in_a_loop()
    {
        _producers.FlushAtOnce();
        for (int i = 0; i < 50; i++)
        {
            _producers.Fail(Fatal);
            _publisher.Publish(Trade().Action);
        }

        _producers.Made.ShouldBe(1);
    }

    private (PlayerAction Action, Observer Observer) PublishUntilReplaced()
    {
        // Another thread closes the old producer: actions are refused until it has.
        while (true)
        {
            (PlayerAction action, Observer observer) = Trade();
            _publisher.Publish(action);
            if (observer.Answers.Count == 0)
            {
                return (action, observer);
            }
        }
    }

    private (PlayerAction Action, Observer Observer) Trade()
    {
        TradeEvent Side(string user, string other, TradeSide side) => new()
        {
            EventId = EventIds.ForSide(Guid.Parse("019ab3f0-6c1e-7a52-9d3f-5b8c2e714a60"), side),
            UserId = user,
            Ts = 1,
            ServerId = "gs",
            SessionId = "",
            Ip = "",
            TradeId = "t",
            CounterpartyId = other,
            Channel = TradeChannel.Mail,
            GoldDelta = 1,
            GoldBalance = 1,
            ItemId = "",
            ItemDelta = 0,
            ItemValue = 0,
            InventoryValue = 0,
        };
        TradeEvent first = Side("a", "b", TradeSide.First), second = Side("b", "a", TradeSide.Second);
        PlayerAction action = new(first, second, Schemas.Headers(Schemas.Trade), new TradeRecorded("t", first.EventId, second.EventId));
        Observer observer = new();
        return (action.ObserveBy(observer, 0, _time.GetTimestamp()), observer);
    }

    private sealed class Observer : IActionObserver
    {
        public List<Answer> Answers { get; } = [];

        public void Completed(PlayerAction action) => Answers.Add(action.Outcome);
    }

    /// <summary>Makes producers that keep their records until the test reports them as acknowledged or failed.</summary>
    private sealed class ProducerDouble : IProducerFactory
    {
        private readonly ManualResetEventSlim _flushed = new();
        private readonly TaskCompletionSource _flushing = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private Action<Error>? _onError;

        public TimeSpan DeliveryTimeout => TimeSpan.FromSeconds(5);

        public int Made { get; private set; }

        public int RefuseAfter { get; set; } = int.MaxValue;

        public List<(string Topic, Message<byte[], byte[]> Message, Action<DeliveryReport<byte[], byte[]>> Handler)> Sent { get; } = [];

        public IProducer<byte[], byte[]> Create(Action<Error> onError)
        {
            Made++;
            _onError = onError;
            IProducer<byte[], byte[]> producer = Substitute.For<IProducer<byte[], byte[]>>();
            producer.When(p => p.Produce(Arg.Any<string>(), Arg.Any<Message<byte[], byte[]>>(), Arg.Any<Action<DeliveryReport<byte[], byte[]>>>())).Do(call =>
            {
                if (Sent.Count >= RefuseAfter)
                {
                    throw new ProduceException<byte[], byte[]>(new Error(ErrorCode.Local_QueueFull), null);
                }
                Sent.Add((call.ArgAt<string>(0), call.ArgAt<Message<byte[], byte[]>>(1), call.ArgAt<Action<DeliveryReport<byte[], byte[]>>>(2)));
            });
            producer.Flush(Arg.Any<TimeSpan>()).Returns(_ =>
            {
                _flushing.TrySetResult();
                _flushed.Wait(TimeSpan.FromSeconds(10));
                return 0;
            });
            return producer;
        }

        public void Report(int index, ErrorCode code = ErrorCode.NoError)
            => Sent[index].Handler(new DeliveryReport<byte[], byte[]> { Error = new Error(code), Message = Sent[index].Message });

        public void Fail(Error error) => _onError!(error);

        public void FlushAtOnce() => _flushed.Set();

        public async Task FinishFlushAsync()
        {
            await _flushing.Task;
            _flushed.Set();
        }
    }
}
