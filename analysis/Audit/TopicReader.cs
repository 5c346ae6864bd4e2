using Confluent.Kafka;
using Game.Contracts;

namespace Game.Analysis.Audit;

/// <summary>A record as audits read it.</summary>
internal readonly record struct AuditRecord(int Partition, long Offset, byte[]? Key, byte[]? Value, long Timestamp);

/// <summary>Reads a topic from its start to its current end.</summary>
internal sealed class TopicReader(string bootstrapServers)
{
    private static readonly TimeSpan StandstillTimeout = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan PollInterval = TimeSpan.FromMilliseconds(100);

    /// <exception cref="UserErrorException">The broker does not send the records up to the topic's end.</exception>
    public IEnumerable<AuditRecord> Read(string topic, int partitions, CancellationToken cancellation)
        => Read([.. Enumerable.Range(0, partitions).Select(p => new TopicPartitionOffset(topic, p, Offset.Beginning))], cancellation);

    /// <summary>The same for one partition.</summary>
    public IEnumerable<AuditRecord> ReadPartition(string topic, int partition, CancellationToken cancellation)
        => Read([new TopicPartitionOffset(topic, partition, Offset.Beginning)], cancellation);

    private IEnumerable<AuditRecord> Read(IReadOnlyList<TopicPartitionOffset> partitions, CancellationToken cancellation)
    {
        ConsumerConfig config = ClientSettings.Consumer(bootstrapServers, "demo-audit", "demo-audit");
        config.EnablePartitionEof = true;
        using IConsumer<byte[]?, byte[]?> consumer = new ConsumerBuilder<byte[]?, byte[]?>(config)
            .SetKeyDeserializer(Deserializers.ByteArray!).SetValueDeserializer(Deserializers.ByteArray!).SetLogHandler((_, _) => { }).Build();
        consumer.Assign(partitions);
        int open = partitions.Count;
        while (open > 0)
        {
            ConsumeResult<byte[]?, byte[]?> result = Next(consumer, cancellation)
                ?? throw new UserErrorException(
                    $"The brokers did not send a record that lies before the end of {partitions[0].Topic}, for {StandstillTimeout.TotalSeconds:F0} s.");
            if (result.IsPartitionEOF)
            {
                open--;
            }
            else
            {
                yield return new AuditRecord(result.Partition.Value, result.Offset.Value, result.Message.Key, result.Message.Value,
                    result.Message.Timestamp.UnixTimestampMs);
            }
        }

        consumer.Close();
    }

    private static ConsumeResult<byte[]?, byte[]?>? Next(IConsumer<byte[]?, byte[]?> consumer, CancellationToken cancellation)
    {
        ConsumeResult<byte[]?, byte[]?>? result = null;
        for (TimeSpan waited = TimeSpan.Zero; result is null && waited < StandstillTimeout; waited += PollInterval)
        {
            cancellation.ThrowIfCancellationRequested();
            result = consumer.Consume(PollInterval);
        }

        return result;
    }
}
