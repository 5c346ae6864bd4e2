using Confluent.Kafka;
using Confluent.Kafka.Admin;

namespace Integration.Tests.Clients;

/// <summary>What a broker keeps when it is stopped with SIGTERM, and when it is killed.</summary>
public sealed class RestartTests : IDisposable
{
    private const int Partitions = 3;
    private const int Records = 3000;
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Records_topics_settings_groups_and_committed_offsets_are_kept(bool inOrder)
    {
        await using BrokerProcess broker = await BrokerProcess.StartAsync(_folder["broker"], "offsets.topic.num.partitions=5");
        using (IAdminClient admin = Kafka.Admin(broker.BootstrapServers))
        {
            await admin.CreateTopicAsync("kept", Partitions, ("segment.bytes", "16384"), ("retention.ms", "86400000"));
        }
        await Kafka.ProduceNumbersAsync(broker.BootstrapServers, "kept", Records,
            settings: config => (config.EnableIdempotence, config.CompressionType) = (true, CompressionType.Lz4));
        Dictionary<int, long> committed = ReadAndCommit(broker, 1000);
        await RestartAsync(broker, inOrder);

        Kafka.ReadAll(broker.BootstrapServers, "kept", Partitions).Select(r => int.Parse(r.Message.Value)).Order().ShouldBe(Enumerable.Range(0, Records));
        using (IAdminClient admin = Kafka.Admin(broker.BootstrapServers))
        {
            (await admin.DescribeConfigsAsync([new ConfigResource
            {
                Type = ResourceType.Topic, Name = "kept",
            }]))[0].Entries["retention.ms"].Value.ShouldBe("86400000");
            (await admin.ListConsumerGroupsAsync()).Valid.Select(g => g.GroupId).ShouldBe(["group"]);
            (await admin.ListConsumerGroupOffsetsAsync([new ConsumerGroupTopicPartitions("group", null)]))[0].Partitions.ToDictionary(p => p.Partition.Value,
                p => p.Offset.Value).ShouldBe(committed, ignoreOrder: true);
        }

        using IConsumer<string, string> consumer = Kafka.Consumer(broker.BootstrapServers, "group");
        consumer.Subscribe("kept");
        consumer.Take(Records - 1000).ShouldAllBe(r => r.Offset.Value >= committed.GetValueOrDefault(r.Partition.Value));
        consumer.Close();
        (await Kafka.ProduceNumbersAsync(broker.BootstrapServers, "kept", 1)).Single().Status.ShouldBe(PersistenceStatus.Persisted);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Clients_continue_over_a_restart_without_loss_or_duplicates(bool inOrder)
    {
        await using BrokerProcess broker = await BrokerProcess.StartAsync(_folder["broker"]);
        using (IAdminClient admin = Kafka.Admin(broker.BootstrapServers))
        {
            await admin.CreateTopicAsync("live", Partitions);
        }
        await using GroupMember member = new(broker.BootstrapServers, "group", "live");
        using IProducer<string, string> producer = Kafka.Producer(broker.BootstrapServers,
            config => (config.EnableIdempotence, config.ReconnectBackoffMaxMs) = (true, 500));
        List<Task<DeliveryResult<string, string>>> sent = new();
        void Send(int count)
            => sent.AddRange(Enumerable.Range(sent.Count, count)
                .Select(i => producer.ProduceAsync("live", new Message<string, string> { Key = $"k{i % 10}", Value = $"{i}" })));
        Send(2000);
        await Until.HoldsAsync("the member reads", Kafka.Patience, () => member.Records.Count > 0);
        Send(2000);
        Task restarting = RestartAsync(broker, inOrder);
        Send(2000);
        await restarting;
        Send(2000);
        DeliveryResult<string, string>[] results = await Task.WhenAll(sent);

        results.ShouldAllBe(r => r.Status == PersistenceStatus.Persisted);
        List<ConsumeResult<string, string>> stored = Kafka.ReadAll(broker.BootstrapServers, "live", Partitions);
        stored.Select(r => int.Parse(r.Message.Value)).Order().ShouldBe(Enumerable.Range(0, sent.Count));
        foreach (IGrouping<int, ConsumeResult<string, string>> partition in stored.GroupBy(r => r.Partition.Value))
        {
            partition.Select(r => int.Parse(r.Message.Value)).ShouldBeInOrder();
        }
        await Until.HoldsAsync("the member has read all", Kafka.Patience,
            () => member.Records.Select(r => r.Message.Value).Distinct(StringComparer.Ordinal).Count() == sent.Count);
    }

    private static async Task RestartAsync(BrokerProcess broker, bool inOrder)
    {
        if (inOrder)
        {
            (await broker.StopAsync()).ShouldBe(0);
        }
        else
        {
            await broker.KillAsync();
        }
        await broker.StartAgainAsync();
        broker.Log.ShouldContain($"shut down cleanly before: {inOrder}");
    }

    private static Dictionary<int, long> ReadAndCommit(BrokerProcess broker, int count)
    {
        using IConsumer<string, string> consumer = Kafka.Consumer(broker.BootstrapServers, "group");
        consumer.Subscribe("kept");
        consumer.Take(count);
        Dictionary<int, long> committed = consumer.Commit().Where(o => o.Offset.Value >= 0).ToDictionary(o => o.Partition.Value, o => o.Offset.Value);
        consumer.Close();
        return committed;
    }
}
