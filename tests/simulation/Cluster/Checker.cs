using System.Text;
using Broker.Protocol.Records;
using Broker.Server.Partitions;
using Broker.Storage.Logs;

namespace Broker.Simulation.Tests.Cluster;

/// <summary>What must hold at every moment of a history, and at its end.</summary>
internal sealed class Checker(SimNetwork network)
{
    private readonly Dictionary<(int Partition, int Epoch), int> _leaders = [];
    private readonly List<string>[] _read = [.. Enumerable.Range(0, History.Partitions).Select(_ => new List<string>())];

    /// <summary>What consumers could have read so far, by partition: the records below any high watermark.</summary>
    public IReadOnlyList<IReadOnlyList<string>> Read => _read;

    /// <summary>At most one leader an epoch; what could be read is never taken back; the offsets of each log are in order.</summary>
    public void Check()
    {
        foreach (SimBroker broker in network.Brokers.Where(broker => broker.Core?.Partitions is not null))
        {
            for (int number = 0; number < History.Partitions; number++)
            {
                if (broker.Core!.Partitions!.Find(History.Topic, number) is { Log: { } log } partition)
                {
                    Check(broker.Id, number, partition.State, log);
                }
            }
        }
    }

    /// <summary>After the faults: every replica has what could be read.</summary>
    public void CheckReplicas()
    {
        foreach (SimBroker broker in network.Brokers)
        {
            for (int number = 0; number < History.Partitions; number++)
            {
                PartitionLog log = broker.Core!.Partitions!.Find(History.Topic, number)!.Log!;
                ValuesOf(log, 0, log.LogEndOffset).ShouldBe(_read[number], $"the log of {number} on broker {broker.Id}");
            }
        }
    }

    private void Check(int broker, int number, PartitionState state, PartitionLog log)
    {
        if (state.IsLeader)
        {
            _leaders.TryAdd((number, state.LeaderEpoch), broker);
            _leaders[(number, state.LeaderEpoch)].ShouldBe(broker, $"partition {number} has one leader in epoch {state.LeaderEpoch}");
        }

        CheckInSync(broker, number, state, log);
        (log.LogStartOffset <= log.LastStableOffset && log.LastStableOffset <= log.HighWatermark && log.HighWatermark <= log.LogEndOffset)
            .ShouldBeTrue($"the offsets of partition {number} on broker {broker} are in order");
        List<string> read = _read[number];
        // Only what is new is read here; the end of the history compares everything.
        long from = Math.Max(0, Math.Min(read.Count, log.HighWatermark) - 1);
        List<string> values = ValuesOf(log, from, log.HighWatermark);
        for (int i = 0; i < values.Count; i++)
        {
            int offset = (int)from + i;
            if (offset < read.Count)
            {
                values[i].ShouldBe(read[offset], $"broker {broker} takes back record {offset} of partition {number}");
            }
            else
            {
                read.Add(values[i]);
            }
        }
    }

    /// <summary>Every in-sync replica of the newest leader has all that can be read there.</summary>
    private void CheckInSync(int broker, int number, PartitionState state, PartitionLog log)
    {
        (int Id, Partition Partition)[] replicas =
        [
            .. network.Brokers.Select(other => (other.Id, Partition: other.Core?.Partitions?.Find(History.Topic, number)))
                .Where(other => other.Partition?.Log is not null).Select(other => (other.Id, other.Partition!)),
        ];
        if (!state.IsLeader || replicas.Any(other => other.Partition.State.LeaderEpoch > state.LeaderEpoch))
        {
            return; // a leader that was replaced does not know who is in sync
        }

        foreach ((int id, Partition partition) in replicas.Where(other => state.Isr.Contains(other.Id)))
        {
            partition.Log!.LogEndOffset.ShouldBeGreaterThanOrEqualTo(
                log.HighWatermark, $"broker {id} is in sync and lacks records of partition {number} that can be read on broker {broker}");
        }
    }

    /// <summary>The values from an offset on; the offsets are dense.</summary>
    private static List<string> ValuesOf(PartitionLog log, long from, long upTo)
    {
        List<string> values = [];
        long next = from;
        while (next < upTo)
        {
            using LogSlice slice = log.Read(next, 1 << 20, upTo, wholeFirstBatch: true).Slice.ShouldNotBeNull($"record {next} can be read");
            byte[] bytes = new byte[slice.Length];
            slice.ReadAt(0, bytes).ShouldBe(bytes.Length);
            for (int at = 0; at < bytes.Length && BatchInfo.TryRead(bytes.AsSpan(at), out BatchInfo info) == BatchReadResult.Ok; at += info.SizeInBytes)
            {
                using RecordReader reader = RecordReader.Open(bytes.AsMemory(at));
                while (reader.MoveNext())
                {
                    if (reader.Current.Offset >= next)
                    {
                        reader.Current.Offset.ShouldBe(next, "offsets are dense");
                        values.Add(Encoding.ASCII.GetString(reader.Current.Value));
                        next++;
                    }
                }
            }
        }

        return values;
    }
}
