using System.Globalization;
using System.Text;
using Broker.Coordination;
using Broker.Coordination.Embedded;
using Broker.Server.Metadata.Znodes;
using Broker.Storage;

namespace Broker.Simulation.Tests.Cluster;

/// <summary>The cluster's tree as it is at this moment: what a history knows, and no broker is told.</summary>
internal sealed class TreeView(EmbeddedCoordination tree)
{
    private readonly ICoordinationSession _session = AtOnce.Of(tree.OpenSession());
    private readonly Dictionary<TopicPartition, long> _written = [];
    private readonly Dictionary<string, (long Mzxid, TopicZnode Topic)> _decoded = new(StringComparer.Ordinal);

    /// <summary>The topics, in the order of their names.</summary>
    public IReadOnlyList<string> Topics => [.. (AtOnce.Of(_session.GetChildren(ZnodePaths.Topics)).Children ?? []).Order(StringComparer.Ordinal)];

    /// <summary>The names of topics that are to be deleted and are not gone yet.</summary>
    public IReadOnlyList<string> Deleted => AtOnce.Of(_session.GetChildren(ZnodePaths.DeleteTopics)).Children ?? [];

    /// <summary>The ids of the topics that are there, but for those that are being deleted: nothing is promised of these.</summary>
    public HashSet<Guid> LivingTopics() => [.. Topics.Except(Deleted).Select(topic => TopicId(topic)!.Value)];

    /// <summary>The id of the topic that has this name now; null where there is none.</summary>
    public Guid? TopicId(string topic) => Topic(topic)?.TopicId;

    /// <summary>The number of partitions; 0 where the topic is not there.</summary>
    public int Partitions(string topic) => Topic(topic)?.Partitions.Count ?? 0;

    /// <summary>What is written of a partition; null where it has no leader yet.</summary>
    public LeaderAndIsr? State(TopicPartition partition)
    {
        DataResult read = AtOnce.Of(_session.GetData(ZnodePaths.PartitionState(partition)));
        return read.Code == Code.Ok ? LeaderAndIsr.Decode(partition, read.Data, read.Stat.Version) : null;
    }

    /// <summary>A partition that a controller has written after the next one was elected; null where there is none since the last call.</summary>
    public string? WrittenByFormerController()
    {
        DataResult elected = AtOnce.Of(_session.GetData(ZnodePaths.ControllerEpoch));
        foreach (TopicPartition partition in All())
        {
            DataResult read = AtOnce.Of(_session.GetData(ZnodePaths.PartitionState(partition)));
            if (read.Stat.Mzxid > elected.Stat.Mzxid && _written.GetValueOrDefault(partition) != read.Stat.Mzxid)
            {
                _written[partition] = read.Stat.Mzxid;
                int epoch = LeaderAndIsr.Decode(partition, read.Data, read.Stat.Version).ControllerEpoch;
                if (epoch < int.Parse(Encoding.ASCII.GetString(elected.Data!), CultureInfo.InvariantCulture))
                {
                    return $"{partition}, by the controller of epoch {epoch}";
                }
            }
        }

        return null;
    }

    /// <summary>All partitions of all topics.</summary>
    public IEnumerable<TopicPartition> All() =>
        Topics.SelectMany(topic => Enumerable.Range(0, Partitions(topic)).Select(number => new TopicPartition(topic, number)));

    /// <summary>Removes the controller's znode, as an operator does who wants another controller; the former one keeps its session.</summary>
    public void RemoveController() => _ = AtOnce.Of(_session.Delete(ZnodePaths.Controller));

    private TopicZnode? Topic(string topic)
    {
        DataResult read = AtOnce.Of(_session.GetData(ZnodePaths.Topic(topic)));
        if (read.Code != Code.Ok)
        {
            return null;
        }

        if (_decoded.GetValueOrDefault(topic) is not { Topic: { } known, Mzxid: var at } || at != read.Stat.Mzxid)
        {
            _decoded[topic] = (read.Stat.Mzxid, known = TopicZnode.Decode(topic, read.Data));
        }

        return known;
    }
}
