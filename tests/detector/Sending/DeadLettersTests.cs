using System.Text;
using Confluent.Kafka;
using Game.Detector.Sending;

namespace Game.Detector.Tests.Sending;

public class DeadLettersTests
{
    /// <summary>The most that client libraries send: they add some tens of bytes to the size of the record.</summary>
    private const int MaxBytes = 1_000_000 - 1_000;

    [Fact]
    public void Key_value_and_origin_are_kept()
    {
        Message<byte[]?, byte[]?> letter = DeadLetters.Of(Record("k"u8.ToArray(), "{nonsense"u8.ToArray()), "the value is not JSON").Message;
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
    public void Nulls_stay_nulls()
    {
        Message<byte[]?, byte[]?> empty = DeadLetters.Of(Record(null, null), "the value is empty").Message;
        empty.Key.ShouldBeNull();
        empty.Value.ShouldBeNull();
    }

    [Fact]
    public void Long_keys_values_headers_and_reasons_are_cut()
    {
        ConsumeResult<byte[]?, byte[]?> record = Record(new byte[150_000], new byte[950_000],
            new Headers { { "schema", new byte[400_000] }, { "traceparent", new byte[129] } });
        Message<byte[]?, byte[]?> giant = DeadLetters.Of(record, new string('x', 100_000)).Message;
        giant.Key!.Length.ShouldBe(64 * 1024);
        giant.Value!.Length.ShouldBe(900_000);
        Header(giant, "key-truncated-from").ShouldBe("150000");
        Header(giant, "truncated-from").ShouldBe("950000");
        Header(giant, "reason").Length.ShouldBe(512);
        Size(giant).ShouldBeLessThan(MaxBytes);
    }

    [Fact]
    public void The_stub_holds_the_origin_only()
    {
        Message<byte[]?, byte[]?> stub = DeadLetters.Of(Record(new byte[150_000], new byte[1]), new string('x', 100_000)).IfTooLarge!.Message;
        stub.Key.ShouldBeEmpty();
        stub.Value.ShouldBeEmpty();
        Header(stub, "source-offset").ShouldBe("42");
        Header(stub, "truncated-from").ShouldBe("1");
        Size(stub).ShouldBeLessThan(1_000);
    }

    private static int Size(Message<byte[]?, byte[]?> message)
        => (message.Key?.Length ?? 0) + (message.Value?.Length ?? 0) + message.Headers.Sum(header => header.Key.Length + header.GetValueBytes().Length);

    private static string Header(Message<byte[]?, byte[]?> message, string name) => Encoding.UTF8.GetString(message.Headers.GetLastBytes(name));

    private static ConsumeResult<byte[]?, byte[]?> Record(byte[]? key, byte[]? value, Headers? headers = null) => new()
    {
        TopicPartitionOffset = new TopicPartitionOffset("player-events", 3, 42),
        Message = new Message<byte[]?, byte[]?>
        {
            Key = key, Value = value,
            Headers = headers ?? new Headers { { "traceparent", "00-a-b-01"u8.ToArray() }, { "other", [1] } }
        },
    };
}
