using Broker.Server.Partitions;
using Broker.Storage;
using Broker.Storage.Logs;

namespace Broker.Simulation.Tests.Cluster;

/// <summary>What must hold at every moment of a history, and at its end, for every partition of every topic.</summary>
internal sealed class Checker(SimNetwork network, TreeView tree)
{
    private readonly Dictionary<(Guid Topic, int Partition, int Epoch), int> _leaders = [];
    private readonly Dictionary<(Guid Topic, int Partition), List<string>> _read = [];
    private readonly Dictionary<(Guid Topic, int Partition, int Broker), (PartitionLog Log, long HighWatermark, long End)> _seen = [];

    /// <summary>What consumers could have read so far of a partition: the records below any high watermark.</summary>
    public IReadOnlyList<string> Read(Guid topic, int partition) => _read.GetValueOrDefault((topic, partition)) ?? [];

    /// <summary>
    /// A former controller writes nothing; at most one leader an epoch; what could be read is never taken back; the offsets of each log are in order.
    /// </summary>
    public void Check()
    {
        tree.WrittenByFormerController().ShouldBeNull("a controller that was replaced writes nothing");
        HashSet<Guid> living = tree.LivingTopics();
        foreach (SimBroker broker in network.Brokers)
        {
            foreach (Partition partition in broker.Core?.Partitions?.All ?? [])
            {
                if (partition.Log is { IsOffline: false } log && TopicOf(partition) is { } topic && living.Contains(topic))
                {
                    Check(broker.Id, topic, partition, log);
                }
            }
        }
    }

    /// <summary>After the faults: every replica has what could be read, from its log's start on.</summary>
    public void CheckReplicas()
    {
        foreach (SimBroker broker in network.Brokers)
        {
            foreach (TopicPartition name in tree.All())
            {
                PartitionLog log = broker.Core!.Partitions!.Find(name.Topic, name.Partition)!.Log!;
                LogValues.Of(log, log.LogStartOffset, log.LogEndOffset).ShouldBe(
                    Read(tree.TopicId(name.Topic)!.Value, name.Partition).Skip((int)log.LogStartOffset), $"the log of {name} on broker {broker.Id}");
            }
        }
    }

    /// <summary>The topic that a replica says it belongs to; the one that has the name, where it says nothing.</summary>
    private Guid? TopicOf(Partition partition) => partition.TopicId != Guid.Empty ? partition.TopicId : tree.TopicId(partition.Name.Topic);

    private void Check(int broker, Guid topic, Partition partition, PartitionLog log)
    {
        (PartitionState state, TopicPartition name) = (partition.State, partition.Name);
        if (state.IsLeader)
        {
            _leaders.TryAdd((topic, name.Partition, state.LeaderEpoch), broker);
            _leaders[(topic, name.Partition, state.LeaderEpoch)].ShouldBe(broker, $"partition {name} has one leader in epoch {state.LeaderEpoch}");
            CheckInSync(broker, topic, partition, log);
        }

        (log.LogStartOffset <= log.LastStableOffset && log.LastStableOffset <= log.HighWatermark && log.HighWatermark <= log.LogEndOffset)
            .ShouldBeTrue($"the offsets of partition {name} on broker {broker} are in order");
        (PartitionLog, long, long) now = (log, log.HighWatermark, log.LogEndOffset);
        // Only what is new is read here; the end of the history compares everything.
        if (_seen.GetValueOrDefault((topic, name.Partition, broker)) != now)
        {
            _seen[(topic, name.Partition, broker)] = now;
            CheckRead(broker, topic, name, log);
        }
    }

    private void CheckRead(int broker, Guid topic, TopicPartition name, PartitionLog log)
    {
        if (!_read.TryGetValue((topic, name.Partition), out List<string>? read))
        {
            _read[(topic, name.Partition)] = read = [];
        }

        int from = (int)Math.Max(log.LogStartOffset, Math.Min(read.Count, log.HighWatermark) - 1);
        from.ShouldBeLessThanOrEqualTo(read.Count, $"broker {broker} deletes records of partition {name} that nobody could read");
        List<string> values = LogValues.Of(log, from, log.HighWatermark);
        for (int i = 0; i < values.Count; i++)
        {
            if (from + i < read.Count)
            {
                values[i].ShouldBe(read[from + i], $"broker {broker} takes back record {from + i} of partition {name}");
            }
            else
            {
                read.Add(values[i]);
            }
        }
    }

    /// <summary>Every in-sync replica of the newest leader has all that can be read there.</summary>
    private void CheckInSync(int broker, Guid topic, Partition leader, PartitionLog log)
    {
        (int Id, Partition Partition)[] replicas =
        [
            .. network.Brokers.Select(other => (other.Id, Partition: other.Core?.Partitions?.Find(leader.Name.Topic, leader.Name.Partition)))
                .Where(other => other.Partition is { Log.IsOffline: false } found && TopicOf(found) == topic).Select(other => (other.Id, other.Partition!)),
        ];
        if (replicas.Any(other => other.Partition.State.LeaderEpoch > leader.State.LeaderEpoch))
        {
            return; // a leader that was replaced does not know who is in sync
        }

        foreach ((int id, Partition partition) in replicas.Where(other => leader.State.Isr.Contains(other.Id)))
        {
            partition.Log!.LogEndOffset.ShouldBeGreaterThanOrEqualTo(
                log.HighWatermark, $"broker {id} is in sync and lacks records of partition {leader.Name} that can be read on broker {broker}");
        }
    }
}
