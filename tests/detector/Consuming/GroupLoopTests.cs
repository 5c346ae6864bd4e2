using Confluent.Kafka;
using Game.Detector.Consuming;
using Game.Detector.Sending;
using Microsoft.Extensions.Logging.Abstractions;
using NSubstitute;

namespace Game.Detector.Tests.Consuming;

/// <summary>What a member does before another one gets its partitions, with brokers that acknowledge late or never.</summary>
public sealed class GroupLoopTests : IDisposable
{
    private static readonly List<TopicPartitionOffset> Partition0 = [new(new TopicPartition("player-events", 0), Offset.Unset)];

    private readonly IConsumer<byte[]?, byte[]?> _consumer = Substitute.For<IConsumer<byte[]?, byte[]?>>();
    private readonly IProducer<byte[]?, byte[]?> _producer = Substitute.For<IProducer<byte[]?, byte[]?>>();
    private readonly List<Action<DeliveryReport<byte[]?, byte[]?>>> _sent = [];
    private readonly List<TopicPartitionOffset> _committed = [];
    private readonly JumpingTime _time = new();
    private readonly OneLedger _work = new();
    private readonly Outbox _outbox;
    private readonly GroupLoop _loop;

    public GroupLoopTests()
    {
        _producer.When(p => p.Produce(Arg.Any<TopicPartition>(), Arg.Any<Message<byte[]?, byte[]?>>(), Arg.Any<Action<DeliveryReport<byte[]?, byte[]?>>>()))
            .Do(call => _sent.Add(call.Arg<Action<DeliveryReport<byte[]?, byte[]?>>>()));
        _consumer.When(c => c.Commit(Arg.Any<IEnumerable<TopicPartitionOffset>>()))
            .Do(call => _committed.AddRange(call.Arg<IEnumerable<TopicPartitionOffset>>()));
        _outbox = new Outbox(_producer, NullLogger.Instance);
        _loop = new GroupLoop(_consumer, new GroupLoopOptions("", "c", "g", "player-events", 1), _work, _outbox, _time, NullLogger.Instance);
        _loop.Assign([new TopicPartition("player-events", 0)]);
        _work.Ledger!.Start(7);
        Outgoing alert = new(new TopicPartition("alerts", 0), new Message<byte[]?, byte[]?>());
        _outbox.Send(alert, _work.Ledger.AddOutput(7), CancellationToken.None).ShouldBeTrue();
        _work.Ledger.MarkRead(7);
    }

    /// <summary>The next owner reads from the topic which alerts exist, so this alert must be in it before.</summary>
    [Fact]
    public void A_revoked_partition_waits_for_an_acknowledgement_that_takes_minutes()
    {
        _time.At(TimeSpan.FromMinutes(3), Acknowledge);
        _loop.Revoke(Partition0);
        _loop.Failure.IsCompleted.ShouldBeFalse();
        _committed.ShouldHaveSingleItem().Offset.Value.ShouldBe(8);
        _work.Ledger.ShouldBeNull();
    }

    /// <summary>The process, and its queue with it, ends before the group's five minutes are over. It commits no offset after the alert.</summary>
    [Fact]
    public async Task An_alert_that_is_never_acknowledged_ends_the_process()
    {
        _loop.Revoke(Partition0);
        (await _loop.Failure).ShouldContain("not acknowledged");
        _time.Passed.ShouldBeInRange(TimeSpan.FromMinutes(4), TimeSpan.FromMinutes(5) - TimeSpan.FromSeconds(10));
        _committed.ShouldBeEmpty();
    }

    [Fact]
    public void A_lost_partition_waits_for_nothing()
    {
        _loop.Lose(Partition0);
        _time.Passed.ShouldBeLessThan(TimeSpan.FromMinutes(1));
        _committed.ShouldBeEmpty();
        _work.Ledger.ShouldBeNull();
    }

    /// <summary>
    /// If the member left the group, the next owner would get the partition at once and might not see the alert, which the broker appends later.
    /// </summary>
    [Fact]
    public async Task A_stop_with_unacknowledged_alerts_does_not_leave_the_group()
    {
        _loop.Run(new CancellationToken(canceled: true));
        (await _loop.Failure).ShouldContain("1 records were not acknowledged");
        _consumer.DidNotReceive().Close();
    }

    [Fact]
    public void A_stop_with_all_alerts_acknowledged_leaves_the_group()
    {
        Acknowledge();
        _loop.Run(new CancellationToken(canceled: true));
        _loop.Failure.IsCompleted.ShouldBeFalse();
        _consumer.Received(1).Close();
    }

    [Fact]
    public async Task Any_exception_ends_the_loop_with_one_sentence()
    {
        Acknowledge();
        _work.Thrown = new FormatException("a bug");
        _loop.Run(CancellationToken.None);
        (await _loop.Failure).ShouldBe("Reading player-events failed: a bug.");
    }

    public void Dispose()
    {
        _loop.Dispose();
        _outbox.Dispose();
    }

    private void Acknowledge() => _sent[0](new DeliveryReport<byte[]?, byte[]?> { Error = new Error(ErrorCode.NoError) });

    private sealed class OneLedger : IGroupWork
    {
        public PartitionLedger? Ledger { get; private set; }

        public Exception? Thrown { get; set; }

        public void Assign(int partition, PartitionLedger ledger) => Ledger = ledger;

        public void Release(int partition) => Ledger = null;

        public void Consume(ConsumeResult<byte[]?, byte[]?> record, CancellationToken cancel)
        {
        }

        public void BetweenRecords(IConsumer<byte[]?, byte[]?> consumer)
        {
            if (Thrown is not null)
            {
                throw Thrown;
            }
        }

        public void UpdateStatus(IConsumer<byte[]?, byte[]?> consumer)
        {
        }
    }

    /// <summary>Each reading of this clock advances it by twenty seconds.</summary>
    private sealed class JumpingTime : TimeProvider
    {
        private TimeSpan _due = TimeSpan.MaxValue;
        private Action _action = () => { };

        public TimeSpan Passed { get; private set; }

        public override long TimestampFrequency => TimeSpan.TicksPerSecond;

        public void At(TimeSpan due, Action action) => (_due, _action) = (due, action);

        public override long GetTimestamp()
        {
            Passed += TimeSpan.FromSeconds(20);
            if (Passed >= _due)
            {
                _due = TimeSpan.MaxValue;
                _action();
            }

            return Passed.Ticks;
        }
    }
}
