using Confluent.Kafka;
using Game.Detector.Sending;
using Microsoft.Extensions.Logging.Abstractions;

namespace Game.Detector.Tests.Sending;

public sealed class OutboxTests : IDisposable
{
    // No broker listens there: the client itself refuses a record that is too large.
    private readonly Outbox _outbox = Outbox.Connect("127.0.0.1:1", "test", TimeProvider.System, NullLogger.Instance);

    [Fact]
    public void A_record_that_is_too_large_is_sent_in_its_shorter_form()
    {
        Outgoing twice = Record(2_000_000) with { IfTooLarge = Record(1_500_000) with { IfTooLarge = Record(10) } };
        _outbox.Send(twice, new Delivery(0), TestContext.Current.CancellationToken).ShouldBeTrue();
        _outbox.Failure.IsCompleted.ShouldBeFalse();
        _outbox.InFlight.ShouldBe(1);
    }

    [Fact]
    public async Task A_record_that_is_too_large_and_has_no_shorter_form_is_a_failure()
    {
        _outbox.Send(Record(2_000_000), new Delivery(0), TestContext.Current.CancellationToken).ShouldBeFalse();
        (await _outbox.Failure).ShouldContain("too large");
        _outbox.InFlight.ShouldBe(0);
    }

    public void Dispose() => _outbox.Dispose();

    private static Outgoing Record(int bytes) => new(new TopicPartition("t", 0), new Message<byte[]?, byte[]?> { Value = new byte[bytes] });
}
