using System.Globalization;
using System.Text;
using Confluent.Kafka;
using Running;
using Game.Analysis.Audit;

namespace Faults.Tests.Brokers;

/// <summary>Compares the records of a topic with the acknowledgements that its producers got.</summary>
internal static class LogCheck
{
    /// <summary>For each producer and partition: every sent record is in the log once, in order, complete, and at the offset of its acknowledgement.</summary>
    public static void HoldsExactly(string bootstrap, string topic, int partitions, IReadOnlyList<NumberedProducer> producers)
    {
        Dictionary<(string Producer, int Partition), List<Acknowledged>> found = new();
        long[] offsets = new long[partitions];
        foreach (AuditRecord record in new TopicReader(bootstrap).Read(topic, partitions, TestContext.Current.CancellationToken))
        {
            record.Offset.ShouldBe(offsets[record.Partition]++, $"offsets of {topic}-{record.Partition} are dense");
            (string producer, int number) = Parse(record);
            if (!found.TryGetValue((producer, record.Partition), out List<Acknowledged>? list))
            {
                found[(producer, record.Partition)] = list = [];
            }
            number.ShouldBe(list.Count, $"{producer}'s records in {topic}-{record.Partition} come once and in order (offset {record.Offset})");
            list.Add(new Acknowledged(number, record.Offset));
        }

        foreach (NumberedProducer producer in producers.Where(producer => producer.Topic == topic))
        {
            for (int partition = 0; partition < partitions; partition++)
            {
                Compare(producer, partition, found.GetValueOrDefault((producer.Name, partition)) ?? []);
            }
        }
    }

    private static void Compare(NumberedProducer producer, int partition, List<Acknowledged> found)
    {
        found.Count.ShouldBe(producer.SentTo(partition), $"records of {producer.Name} in {producer.Topic}-{partition}");
        Acknowledged[] acknowledged = [.. producer.Of(partition)];
        acknowledged.Length.ShouldBe(found.Count);
        for (int i = 0; i < acknowledged.Length; i++)
        {
            acknowledged[i].Number.ShouldBe(i, $"acknowledgements of {producer.Name} for {producer.Topic}-{partition} come in order");
            // A repeated batch whose original the broker no longer remembers is acknowledged without an offset.
            if (acknowledged[i].Offset >= 0)
            {
                acknowledged[i].ShouldBe(found[i], $"the place of {producer.Name}'s record in {producer.Topic}-{partition}");
            }
        }
    }

    private static (string Producer, int Number) Parse(in AuditRecord record)
    {
        string value = Encoding.ASCII.GetString(record.Value!);
        string[] parts = value.Split(':');
        int number = int.Parse(parts[1], CultureInfo.InvariantCulture);
        value.ShouldBe(NumberedProducer.Value(parts[0], number));
        return (parts[0], number);
    }
}
