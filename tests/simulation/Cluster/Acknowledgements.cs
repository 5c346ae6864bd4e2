using Broker.Simulation.Tests.Clients;

namespace Broker.Simulation.Tests.Cluster;

/// <summary>At the end of a history: every record that was acknowledged is where it was acknowledged.</summary>
internal sealed class Acknowledgements(Checker checker, TreeView tree)
{
    public void Check(IReadOnlyList<SimProducer> producers, IReadOnlyList<OnceProducer> onceProducers)
    {
        Guid topic = tree.TopicId(History.Topic)!.Value;
        foreach (SimProducer producer in producers)
        {
            producer.Acknowledgements.ForEach(record => CheckIsThere(topic, record.Partition, record.Offset, record.Value));
            for (int partition = 0; producer.IsIdempotent && partition < History.Partitions; partition++)
            {
                int own = partition;
                checker.Read(topic, partition).Where(value => value.StartsWith(producer.Node.Name, StringComparison.Ordinal)).ShouldBe(
                    producer.Acknowledgements.Where(entry => entry.Partition == own).Select(entry => entry.Value), "once and in order");
            }
        }

        foreach (TopicRecord record in onceProducers.SelectMany(producer => producer.Acknowledgements))
        {
            Check(record);
        }
    }

    private void Check(TopicRecord record)
    {
        Guid[] present = [.. tree.Topics.Select(topic => tree.TopicId(topic)!.Value)];
        if (present.Contains(record.TopicId))
        {
            CheckIsThere(record.TopicId, record.Partition, record.Offset, record.Value);
        }
        else
        {
            present.Where(topic => checker.Read(topic, record.Partition).Contains(record.Value))
                .ShouldBeEmpty($"{record.Value} of a deleted topic is in its successor");
        }
    }

    /// <summary>A negative offset is unknown.</summary>
    private void CheckIsThere(Guid topic, int partition, long offset, string value)
    {
        IReadOnlyList<string> log = checker.Read(topic, partition);
        if (offset >= 0)
        {
            log.Count.ShouldBeGreaterThan((int)offset, "an acknowledged record is lost");
            log[(int)offset].ShouldBe(value, "an acknowledged record is where it was acknowledged");
        }
        else
        {
            log.ShouldContain(value, "an acknowledged record is lost");
        }
    }
}
