using Confluent.Kafka;
using Game.Contracts;
using NSubstitute;

namespace Game.Detector.Tests.Assignments;

/// <summary>A consumer over two partitions in memory, player-events/0 and alerts/0, which a test can make hang, answer late or throw at any record.</summary>
internal sealed class LogDouble
{
    private readonly (byte[] Key, byte[] Value)[] _events;
    private readonly byte[][] _alerts;
    private TopicPartitionOffset _position = new("", 0, 0);

    /// <param name="committed">The group's offset; null where there is none.</param>
    public LogDouble((byte[] Key, byte[] Value)[] events, byte[][] alerts, long? committed)
    {
        _events = events;
        _alerts = alerts;
        Consumer.QueryWatermarkOffsets(Arg.Any<TopicPartition>(), Arg.Any<TimeSpan>()).Returns(call => Range(call.Arg<TopicPartition>().Topic));
        Consumer.Committed(Arg.Any<IEnumerable<TopicPartition>>(), Arg.Any<TimeSpan>())
            .Returns(call => [new TopicPartitionOffset(call.Arg<IEnumerable<TopicPartition>>().Single(), committed ?? Offset.Unset)]);
        Consumer.When(c => c.Assign(Arg.Any<TopicPartitionOffset>())).Do(call => _position = call.Arg<TopicPartitionOffset>());
        Consumer.Consume(Arg.Any<TimeSpan>()).Returns(_ => Next());
    }

    public IConsumer<byte[]?, byte[]?> Consumer { get; } = Substitute.For<IConsumer<byte[]?, byte[]?>>();

    /// <summary>The offset of the first alert that has not expired.</summary>
    public long FirstAlert { get; init; }

    /// <summary>Called with the number of each record, from 1 on, before it is returned.</summary>
    public Action<int>? OnConsume { get; init; }

    /// <summary>Records returned.</summary>
    public int Consumed { get; private set; }

    private WatermarkOffsets Range(string topic) => topic == Topics.Alerts ? new(FirstAlert, FirstAlert + _alerts.Length) : new(0, _events.Length);

    private ConsumeResult<byte[]?, byte[]?> Next()
    {
        long offset = _position.Offset.Value;
        bool isEnd = offset >= Range(_position.Topic).High.Value;
        if (!isEnd)
        {
            OnConsume?.Invoke(Consumed + 1);
            Consumed++;
        }

        ConsumeResult<byte[]?, byte[]?> result = new() { TopicPartitionOffset = _position, IsPartitionEOF = isEnd, Message = isEnd ? null! : Message(offset) };
        _position = new TopicPartitionOffset(_position.TopicPartition, offset + 1);
        return result;
    }

    private Message<byte[]?, byte[]?> Message(long offset) => _position.Topic == Topics.Alerts
        ? new Message<byte[]?, byte[]?> { Value = _alerts[offset - FirstAlert] }
        : new Message<byte[]?, byte[]?>
        {
            Key = _events[offset].Key,
            Value = _events[offset].Value,
            Timestamp = new Timestamp(long.MaxValue / 2, TimestampType.CreateTime),
        };
}
