using Broker.Server.Partitions;
using Broker.Simulation.Tests.Worlds;
using Broker.Storage;
using Broker.Storage.Logs;

namespace Broker.Simulation.Tests.Cluster;

/// <summary>What must hold after every step of a history, and at its end, for every partition of every topic.</summary>
/// <param name="network">Of the brokers.</param>
/// <param name="tree">What is written of the cluster.</param>
/// <param name="keepsAll">Whether no setting of a topic allows records to be deleted, until now.</param>
internal sealed class Checker(SimNetwork network, TreeView tree, Func<string, bool> keepsAll)
{
    private readonly Dictionary<(Guid Topic, int Partition, int Epoch), int> _leaders = [];
    private readonly Dictionary<(Guid Topic, int Partition), List<string>> _read = [];
    private readonly Dictionary<Partition, Seen> _seen = [];

    /// <summary>What consumers could have read so far of a partition: the records below any high watermark.</summary>
    public IReadOnlyList<string> Read(Guid topic, int partition) => _read.GetValueOrDefault((topic, partition)) ?? [];

    /// <summary>
    /// A former controller writes nothing; at most one leader an epoch; what could be read is never taken back; who is in sync has it; the offsets of each log
    /// are in order.
    /// </summary>
    /// <param name="ran">Where the step was: nothing else can have changed but the tree.</param>
    public void Check(Node ran)
    {
        tree.WrittenByFormerController().ShouldBeNull("a controller that was replaced writes nothing");
        if (network.Brokers.FirstOrDefault(broker => broker.Node == ran) is { Core.Partitions: { } partitions } own)
        {
            foreach (Partition partition in partitions.All)
            {
                Check(own.Id, partition);
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

    private void Check(int broker, Partition partition)
    {
        if (partition.Log is not { IsOffline: false } log)
        {
            return;
        }

        Seen now = Seen.Of(partition, log);
        if (_seen.TryGetValue(partition, out Seen before) && before == now)
        {
            return;
        }

        _seen[partition] = now;
        if (TopicOf(partition) is { } topic && tree.LivingTopics.Contains(topic))
        {
            CheckOffsets(broker, partition.Name, now);
            CheckLeader(broker, topic, partition);
            CheckInSync(topic, partition.Name);
            if (log != before.Log || now.HighWatermark != before.HighWatermark || now.End != before.End)
            {
                CheckRead(broker, topic, partition.Name, log);
            }
        }
    }

    private void CheckOffsets(int broker, TopicPartition name, Seen log)
    {
        bool areInOrder = log.Start <= log.LastStable && log.LastStable <= log.HighWatermark && log.HighWatermark <= log.End;
        areInOrder.ShouldBeTrue($"the offsets of partition {name} on broker {broker} are in order");
        (log.Start == 0 || !keepsAll(name.Topic)).ShouldBeTrue($"broker {broker} deletes records of partition {name} though nothing allows it");
    }

    private void CheckLeader(int broker, Guid topic, Partition partition)
    {
        PartitionState state = partition.State;
        if (state.IsLeader)
        {
            (Guid Topic, int Partition, int Epoch) reign = (topic, partition.Name.Partition, state.LeaderEpoch);
            _leaders.TryAdd(reign, broker);
            _leaders[reign].ShouldBe(broker, $"partition {partition.Name} has one leader in epoch {state.LeaderEpoch}");
        }
    }

    private void CheckRead(int broker, Guid topic, TopicPartition name, PartitionLog log)
    {
        if (!_read.TryGetValue((topic, name.Partition), out List<string>? read))
        {
            _read[(topic, name.Partition)] = read = [];
        }

        // Only what is new is read here; the end of the history compares everything.
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
    private void CheckInSync(Guid topic, TopicPartition name)
    {
        (int Id, Partition Partition)[] replicas =
        [
            .. network.Brokers.Select(broker => (broker.Id, Partition: broker.Core?.Partitions?.Find(name.Topic, name.Partition)))
                .Where(replica => replica.Partition is { Log.IsOffline: false } found && TopicOf(found) == topic)
                .Select(replica => (replica.Id, replica.Partition!)),
        ];
        // A leader that was replaced does not know who is in sync.
        int newest = replicas.Max(replica => replica.Partition.State.LeaderEpoch);
        foreach ((int leaderId, Partition leader) in replicas)
        {
            if (!leader.State.IsLeader || leader.State.LeaderEpoch != newest)
            {
                continue;
            }

            long highWatermark = leader.Log!.HighWatermark;
            foreach ((int id, Partition partition) in replicas.Where(replica => leader.State.Isr.Contains(replica.Id)))
            {
                // Who has been removed by now, without the leader's knowledge, may lack them: it cannot be elected.
                (partition.Log!.LogEndOffset >= highWatermark || tree.State(name)?.Isr.Contains(id) == false).ShouldBeTrue(
                    $"broker {id} is in sync and lacks records of partition {name} that can be read on broker {leaderId}");
            }
        }
    }

    /// <summary>What of a replica was looked at last.</summary>
    private readonly record struct Seen(PartitionLog Log, PartitionState State, long Start, long LastStable, long HighWatermark, long End)
    {
        public static Seen Of(Partition partition, PartitionLog log) =>
            new(log, partition.State, log.LogStartOffset, log.LastStableOffset, log.HighWatermark, log.LogEndOffset);
    }
}
