using System.Globalization;
using System.Text;
using Broker.Coordination;
using Broker.Coordination.Embedded;
using Broker.Server.Metadata.Znodes;
using Broker.Storage;

namespace Broker.Simulation.Tests.Cluster;

/// <summary>The cluster's tree as it is at this moment: what a history knows, and no broker is told. It is read again when it has changed.</summary>
internal sealed class TreeView(EmbeddedCoordination tree)
{
    private readonly ICoordinationSession _session = AtOnce.Of(tree.OpenSession());
    private readonly Dictionary<TopicPartition, long> _written = [];
    private readonly Dictionary<string, (long Mzxid, TopicZnode Topic)> _decoded = new(StringComparer.Ordinal);
    private Content _content = new(-1, [], [], []);
    private long _checkedZxid;

    /// <summary>The topics, in the order of their names.</summary>
    public IReadOnlyList<string> Topics => Now.Topics;

    /// <summary>The names of topics that are to be deleted and are not gone yet.</summary>
    public IReadOnlyList<string> Deleted => Now.Deleted;

    /// <summary>The ids of the topics that are there, but for those that are being deleted: nothing is promised of these.</summary>
    public IReadOnlySet<Guid> LivingTopics => Now.Living;

    private Content Now => _content.Zxid == tree.LastZxid ? _content : _content = Read();

    /// <summary>The id of the topic that has this name now; null where there is none.</summary>
    public Guid? TopicId(string topic) => Topic(topic)?.TopicId;

    /// <summary>The number of partitions; 0 where the topic is not there.</summary>
    public int Partitions(string topic) => Topic(topic)?.Partitions.Count ?? 0;

    /// <summary>The topic's own settings.</summary>
    public IReadOnlyDictionary<string, string> Config(string topic)
    {
        DataResult read = AtOnce.Of(_session.GetData(ZnodePaths.TopicConfig(topic)));
        return read.Data is { Length: > 0 }
            ? ConfigZnode.Decode(ZnodePaths.TopicConfig(topic), read.Data)
            : new Dictionary<string, string>(StringComparer.Ordinal);
    }

    /// <summary>What is written of a partition; null where it has no leader yet.</summary>
    public LeaderAndIsr? State(TopicPartition partition)
    {
        DataResult read = AtOnce.Of(_session.GetData(ZnodePaths.PartitionState(partition)));
        return read.Code == Code.Ok ? LeaderAndIsr.Decode(partition, read.Data, read.Stat.Version) : null;
    }

    /// <summary>A partition that a controller has written after the next one was elected; null where there is none since the last call.</summary>
    public string? WrittenByFormerController()
    {
        if (_checkedZxid == tree.LastZxid)
        {
            return null;
        }

        _checkedZxid = tree.LastZxid;
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

    private Content Read()
    {
        string[] topics = [.. (AtOnce.Of(_session.GetChildren(ZnodePaths.Topics)).Children ?? []).Order(StringComparer.Ordinal)];
        IReadOnlyList<string> deleted = AtOnce.Of(_session.GetChildren(ZnodePaths.DeleteTopics)).Children ?? [];
        return new Content(tree.LastZxid, topics, deleted, [.. topics.Except(deleted).Select(topic => TopicId(topic)!.Value)]);
    }

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

    private sealed record Content(long Zxid, string[] Topics, IReadOnlyList<string> Deleted, HashSet<Guid> Living);
}
