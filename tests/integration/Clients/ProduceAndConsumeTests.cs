using System.Text;
using Confluent.Kafka;

namespace Integration.Tests.Clients;

public sealed class ProduceAndConsumeTests(OneBroker broker)
{
    private const int Records = 500;

    [Theory]
    [InlineData(CompressionType.None)]
    [InlineData(CompressionType.Gzip)]
    [InlineData(CompressionType.Snappy)]
    [InlineData(CompressionType.Lz4)]
    [InlineData(CompressionType.Zstd)]
    public async Task Records_of_every_compression_are_read_unchanged(CompressionType compression)
    {
        string topic = broker.FreshName("compressed");
        using (IProducer<string, string> producer = Kafka.Producer(broker.BootstrapServers,
            config => (config.CompressionType, config.LingerMs) = (compression, 20)))
        {
            await Task.WhenAll(Enumerable.Range(0, Records).Select(i => producer.ProduceAsync(topic, Message(i))));
        }
        List<ConsumeResult<string, string>> read = Kafka.ReadAll(broker.BootstrapServers, topic, 1, config => config.CheckCrcs = true);
        read.Select(r => r.Message.Value).ShouldBe(Enumerable.Range(0, Records).Select(i => Message(i).Value), ignoreOrder: true);
        read.Select(r => r.Offset.Value).ShouldBe(Enumerable.Range(0, Records).Select(i => (long)i));
        read.ShouldAllBe(r => r.Message.Key == Message(int.Parse(r.Message.Value.Split(' ')[0])).Key);
        read.ShouldAllBe(r => Encoding.UTF8.GetString(r.Message.Headers.GetLastBytes("schema")) == "test/1");
        read.ShouldAllBe(r => r.Message.Headers.GetLastBytes("empty").Length == 0);
    }

    [Fact]
    public async Task An_idempotent_producer_keeps_every_partition_s_order()
    {
        const int Many = 20_000;
        const int Partitions = 3;
        string topic = broker.FreshName("idempotent");
        using (IAdminClient admin = Kafka.Admin(broker.BootstrapServers))
        {
            await admin.CreateTopicAsync(topic, Partitions);
        }
        await Kafka.ProduceNumbersAsync(broker.BootstrapServers, topic, Many,
            settings: config => (config.EnableIdempotence, config.BatchNumMessages) = (true, 50));
        List<ConsumeResult<string, string>> read = Kafka.ReadAll(broker.BootstrapServers, topic, Partitions);
        read.Count.ShouldBe(Many);
        foreach (IGrouping<int, ConsumeResult<string, string>> partition in read.GroupBy(r => r.Partition.Value))
        {
            partition.Select(r => int.Parse(r.Message.Value)).ShouldBeInOrder();
        }
    }

    [Fact]
    public async Task Values_may_be_null_and_keys_too()
    {
        string topic = broker.FreshName("nulls");
        using (IProducer<string, string> producer = Kafka.Producer(broker.BootstrapServers))
        {
            await producer.ProduceAsync(topic, new Message<string, string> { Key = "gone", Value = null! });
            await producer.ProduceAsync(topic, new Message<string, string> { Key = null!, Value = "no key" });
        }

        List<ConsumeResult<string, string>> read = Kafka.ReadAll(broker.BootstrapServers, topic, 1);
        (read[0].Message.Key, read[0].Message.Value).ShouldBe(("gone", null));
        (read[1].Message.Key, read[1].Message.Value).ShouldBe((null, "no key"));
    }

    [Fact]
    public async Task A_record_over_the_limit_is_refused_by_name_and_the_next_one_is_accepted()
    {
        string topic = broker.FreshName("too-large");
        using IProducer<string, string> producer = Kafka.Producer(broker.BootstrapServers, config => config.MessageMaxBytes = 10_000_000);
        ProduceException<string, string> refused = await Should.ThrowAsync<ProduceException<string, string>>(() => producer.ProduceAsync(topic,
            new Message<string, string> { Value = new string('x', 2_000_000) }));
        refused.Error.Code.ShouldBe(ErrorCode.MsgSizeTooLarge);
        (await producer.ProduceAsync(topic, new Message<string, string> { Value = "small" })).Offset.Value.ShouldBe(0);
    }

    [Fact]
    public void A_transactional_producer_is_refused_by_a_named_fatal_error()
    {
        using IProducer<string, string> producer = Kafka.Producer(broker.BootstrapServers, config => config.TransactionalId = "transactions-come-later");
        KafkaException refused = Should.Throw<KafkaException>(() => producer.InitTransactions(Kafka.Patience));
        refused.Error.Code.ShouldBe(ErrorCode.TransactionalIdAuthorizationFailed);
        refused.Error.IsFatal.ShouldBeTrue();
    }

    [Fact]
    public async Task A_time_leads_to_the_first_record_not_before_it()
    {
        string topic = broker.FreshName("times");
        DateTime start = DateTime.UtcNow.Date.AddDays(-2); // within the retention time of 7 days
        using (IProducer<string, string> producer = Kafka.Producer(broker.BootstrapServers))
        {
            for (int i = 0; i < 100; i++)
            {
                await producer.ProduceAsync(topic, new Message<string, string> { Value = $"{i}", Timestamp = new Timestamp(start.AddMinutes(i)) });
            }
        }

        using IConsumer<string, string> consumer = Kafka.Consumer(broker.BootstrapServers, broker.FreshName("seeker"));
        Offset At(DateTime time) => consumer.OffsetsForTimes([new TopicPartitionTimestamp(topic, 0, new Timestamp(time))], Kafka.Patience)[0].Offset;
        At(start.AddMinutes(40)).Value.ShouldBe(40);
        At(start.AddMinutes(40).AddMilliseconds(1)).Value.ShouldBe(41);
        At(start.AddYears(-1)).Value.ShouldBe(0);
        At(start.AddYears(1)).ShouldBe(Offset.End);
        consumer.Assign(new TopicPartitionOffset(topic, 0, At(start.AddMinutes(70))));
        consumer.Take(1)[0].Message.Value.ShouldBe("70");
        consumer.Seek(new TopicPartitionOffset(topic, 0, At(start.AddMinutes(7))));
        consumer.Take(1)[0].Message.Value.ShouldBe("7");
    }

    private static Message<string, string> Message(int i) => new()
    {
        Key = i % 3 == 0 ? null! : $"key {i}",
        Value = $"{i} {new string((char)('a' + (i % 26)), i)}",
        Headers = [new Header("schema", "test/1"u8.ToArray()), new Header("empty", [])],
    };
}
