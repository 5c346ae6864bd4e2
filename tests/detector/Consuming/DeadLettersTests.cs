using System.Text;
using Confluent.Kafka;
using Game.Detector.Consuming;

namespace Game.Detector.Tests.Consuming;

public class DeadLettersTests
{
    [Fact]
    public void Key_value_and_origin_are_kept()
    {
        Message<byte[]?, byte[]?> letter = DeadLetters.Of(Record("k"u8.ToArray(), "{nonsense"u8.ToArray()), "the value is not JSON");
        letter.Key.ShouldBe("k"u8.ToArray());
        letter.Value.ShouldBe("{nonsense"u8.ToArray());
        Header(letter, "source-topic").ShouldBe("player-events");
        Header(letter, "source-partition").ShouldBe("3");
        Header(letter, "source-offset").ShouldBe("42");
        Header(letter, "reason").ShouldBe("the value is not JSON");
        Header(letter, "traceparent").ShouldBe("00-a-b-01");
        letter.Headers.TryGetLastBytes("other", out _).ShouldBeFalse();
    }

    [Fact]
    public void Nulls_stay_nulls_and_giants_are_cut()
    {
        Message<byte[]?, byte[]?> empty = DeadLetters.Of(Record(null, null), "the value is empty");
        empty.Key.ShouldBeNull();
        empty.Value.ShouldBeNull();
        Message<byte[]?, byte[]?> giant = DeadLetters.Of(Record(null, new byte[1_000_000]), "the value is larger than 65536 bytes");
        giant.Value!.Length.ShouldBe(900_000);
        Header(giant, "truncated-from").ShouldBe("1000000");
    }

    private static string Header(Message<byte[]?, byte[]?> message, string name) => Encoding.UTF8.GetString(message.Headers.GetLastBytes(name));

    private static ConsumeResult<byte[]?, byte[]?> Record(byte[]? key, byte[]? value) => new()
    {
        TopicPartitionOffset = new TopicPartitionOffset("player-events", 3, 42),
        Message = new Message<byte[]?, byte[]?> { Key = key, Value = value, Headers = new Headers { { "traceparent", "00-a-b-01"u8.ToArray() }, { "other", [1] } } },
    };
}
