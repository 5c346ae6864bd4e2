using Broker.Server.Groups.State;
using Confluent.Kafka;
using Confluent.Kafka.Admin;

namespace Broker.Server.Tests.Groups;

/// <summary>Consumers of the ordinary client, in groups of a whole broker.</summary>
public sealed class ClientTests : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    private readonly string _folder = Directory.CreateTempSubdirectory("groups-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [InlineData(PartitionAssignmentStrategy.Range)]
    [InlineData(PartitionAssignmentStrategy.CooperativeSticky)]
    public async Task Two_share_a_topic_and_one_takes_over_when_the_other_leaves(PartitionAssignmentStrategy strategy)
    {
        await using BrokerHost broker = await BrokerHost.StartAsync(BrokerOptions.ForTests(more: [new("num.partitions", "4")]));
        await Produce(broker, 8);
        using IConsumer<Ignore, string> one = Member(broker, strategy);
        using (IConsumer<Ignore, string> two = Member(broker, strategy))
        {
            Until(() => one.Assignment.Count == 2 && two.Assignment.Count == 2, one, two);
            one.Assignment.Intersect(two.Assignment).ShouldBeEmpty();
            two.Close();
        }

        Until(() => one.Assignment.Count == 4, one);
        one.Close();
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task What_a_group_has_committed_outlives_the_broker(bool cleanEnd)
    {
        BrokerHost first = await BrokerHost.StartAsync(BrokerOptions.ForTests(_folder));
        await Produce(first, 5);
        using (IConsumer<Ignore, string> consumer = Member(first, PartitionAssignmentStrategy.Range))
        {
            Read(consumer, 5);
            consumer.Commit();
            consumer.Close();
        }

        if (cleanEnd)
        {
            await first.StopAsync();
        }
        else
        {
            await first.AbortAsync();
        }
        await using BrokerHost second = await BrokerHost.StartAsync(BrokerOptions.ForTests(_folder));
        await Produce(second, 1, from: 5);
        using IConsumer<Ignore, string> again = Member(second, PartitionAssignmentStrategy.Range);
        Read(again, 1).ShouldBe(["5"]);
        again.Close();
    }

    [Fact]
    public async Task An_operator_sees_resets_and_deletes_a_group()
    {
        await using BrokerHost broker = await BrokerHost.StartAsync(BrokerOptions.ForTests());
        await Produce(broker, 3);
        using IAdminClient admin = new AdminClientBuilder(new AdminClientConfig { BootstrapServers = broker.BootstrapServers }).Build();
        using (IConsumer<Ignore, string> consumer = Member(broker, PartitionAssignmentStrategy.Range))
        {
            Read(consumer, 3);
            consumer.Commit();
            ConsumerGroupDescription shown = (await admin.DescribeConsumerGroupsAsync(["group"])).ConsumerGroupDescriptions.Single();
            shown.State.ShouldBe(ConsumerGroupState.Stable);
            shown.Members.Single().Assignment.TopicPartitions.ShouldBe([new TopicPartition("topic", 0)]);
            consumer.Close();
        }

        (await admin.ListConsumerGroupsAsync()).Valid.Single().GroupId.ShouldBe("group");
        await admin.AlterConsumerGroupOffsetsAsync([new ConsumerGroupTopicPartitionOffsets("group", [new TopicPartitionOffset("topic", 0, 1)])]);
        (await admin.ListConsumerGroupOffsetsAsync([new ConsumerGroupTopicPartitions("group",
            [new TopicPartition("topic", 0)])])).Single().Partitions.Single().Offset.Value.ShouldBe(1);
        await admin.DeleteGroupsAsync(["group"]);
        (await admin.ListConsumerGroupsAsync()).Valid.ShouldBeEmpty();
    }

    private static IConsumer<Ignore, string> Member(BrokerHost broker, PartitionAssignmentStrategy strategy)
    {
        IConsumer<Ignore, string> consumer = new ConsumerBuilder<Ignore, string>(new ConsumerConfig
        {
            BootstrapServers = broker.BootstrapServers,
            GroupId = "group",
            AutoOffsetReset = AutoOffsetReset.Earliest,
            EnableAutoCommit = false,
            PartitionAssignmentStrategy = strategy,
            HeartbeatIntervalMs = 200,
        }).Build();
        consumer.Subscribe("topic");
        return consumer;
    }

    private static void Until(Func<bool> done, params IConsumer<Ignore, string>[] consumers)
    {
        long start = TimeProvider.System.GetTimestamp();
        while (!done())
        {
            TimeProvider.System.GetElapsedTime(start).ShouldBeLessThan(Patience);
            foreach (IConsumer<Ignore, string> consumer in consumers)
            {
                consumer.Consume(20);
            }
        }
    }

    private static List<string> Read(IConsumer<Ignore, string> consumer, int count)
    {
        List<string> read = [];
        long start = TimeProvider.System.GetTimestamp();
        while (read.Count < count)
        {
            TimeProvider.System.GetElapsedTime(start).ShouldBeLessThan(Patience);
            if (consumer.Consume(100) is { } result)
            {
                read.Add(result.Message.Value);
            }
        }

        return read;
    }

    private static async Task Produce(BrokerHost broker, int count, int from = 0)
    {
        using IProducer<Null, string> producer = new ProducerBuilder<Null, string>(new ProducerConfig { BootstrapServers = broker.BootstrapServers }).Build();
        for (int i = 0; i < count; i++)
        {
            await producer.ProduceAsync("topic", new Message<Null, string> { Value = (from + i).ToString(System.Globalization.CultureInfo.InvariantCulture) });
        }
    }
}
