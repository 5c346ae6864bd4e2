using Confluent.Kafka;
using Game.Detector.Sending;
using Microsoft.Extensions.Logging.Abstractions;

namespace Game.Detector.Tests.Sending;

public sealed class OutboxTests : IDisposable
{
    // Nobody answers there: what is too large for the client never gets that far.
    private readonly Outbox _outbox = Outbox.Connect("127.0.0.1:1", "test", TimeProvider.System, NullLogger.Instance);

    [Fact]
    public void What_is_too_large_goes_in_its_shorter_form()
    {
        Outgoing twice = Record(2_000_000) with { IfTooLarge = Record(1_500_000) with { IfTooLarge = Record(10) } };
        _outbox.Send(twice, new Delivery(0), TestContext.Current.CancellationToken).ShouldBeTrue();
        _outbox.Failure.IsCompleted.ShouldBeFalse();
        _outbox.InFlight.ShouldBe(1);
    }

    [Fact]
    public async Task Without_one_it_is_the_end()
    {
        _outbox.Send(Record(2_000_000), new Delivery(0), TestContext.Current.CancellationToken).ShouldBeFalse();
        (await _outbox.Failure).ShouldContain("too large");
        _outbox.InFlight.ShouldBe(0);
    }

    public void Dispose() => _outbox.Dispose();

    private static Outgoing Record(int bytes) => new(new TopicPartition("t", 0), new Message<byte[]?, byte[]?> { Value = new byte[bytes] });
}
