using System.Text;
using Game.Analysis.Audit;

namespace Load;

/// <summary>Compares the records of a topic with the acknowledgements that its producers got, and with what its consumers have read.</summary>
public static class LogCheck
{
    /// <summary>For each producer and partition: every sent record is in the log once, in order, complete, and at the offset of its acknowledgement.</summary>
    public static void HoldsExactly(string bootstrap, string topic, int partitions, IReadOnlyList<NumberedProducer> producers, CancellationToken cancellation)
        => Compare(bootstrap, topic, partitions, [.. producers.Where(producer => producer.Topic == topic)], [], cancellation).ShouldBeClean();

    /// <summary>Reads the topic to its end. All writers have ended.</summary>
    public static Verdict Compare(string bootstrap, string topic, int partitions, IReadOnlyList<IWriter> writers, IReadOnlyList<Readings> readers,
        CancellationToken cancellation)
    {
        Verdict verdict = new();
        List<RecordId>[] log = Read(bootstrap, topic, partitions, verdict, cancellation);
        Compare(log, writers, readers, verdict);
        return verdict;
    }

    /// <summary>Compares the records of each partition, by offset.</summary>
    public static void Compare(IReadOnlyList<RecordId>[] log, IReadOnlyList<IWriter> writers, IReadOnlyList<Readings> readers, Verdict verdict)
    {
        HashSet<string> repeating = [.. writers.Where(writer => !writer.IsIdempotent).Select(writer => writer.Name)];
        for (int partition = 0; partition < log.Length; partition++)
        {
            CheckOrder(log[partition], partition, repeating, verdict);
            foreach (IWriter writer in writers)
            {
                CheckAcknowledged(log[partition], partition, writer, verdict);
            }
            foreach (Readings reader in readers)
            {
                CheckRead(log[partition], partition, reader, verdict);
            }
        }
        foreach (IWriter writer in writers)
        {
            CheckUnknown(log, writer, verdict);
        }
    }

    private static List<RecordId>[] Read(string bootstrap, string topic, int partitions, Verdict verdict, CancellationToken cancellation)
    {
        List<RecordId>[] log = [.. Enumerable.Range(0, partitions).Select(_ => new List<RecordId>())];
        foreach (AuditRecord record in new TopicReader(bootstrap).Read(topic, partitions, cancellation))
        {
            List<RecordId> records = log[record.Partition];
            if (record.Offset != records.Count)
            {
                verdict.AddOther($"offset {records.Count} of {topic}-{record.Partition} must come next, but {record.Offset} comes");
            }
            if (!RecordId.TryParse(Encoding.ASCII.GetString(record.Value!), out RecordId id))
            {
                verdict.AddOther($"the record at offset {record.Offset} of {topic}-{record.Partition} is damaged");
            }
            records.Add(id);
        }
        return log;
    }

    private static void CheckOrder(IReadOnlyList<RecordId> log, int partition, HashSet<string> repeating, Verdict verdict)
    {
        Dictionary<string, int> last = [];
        HashSet<RecordId> seen = [];
        for (int offset = 0; offset < log.Count; offset++)
        {
            RecordId record = log[offset];
            bool isNew = seen.Add(record);
            if (repeating.Contains(record.Writer))
            {
                verdict.Repeated += isNew ? 0 : 1;
            }
            else if (!isNew)
            {
                verdict.AddDuplicated($"{record} is in partition {partition} twice, again at offset {offset}");
            }
            else if (last.TryGetValue(record.Writer, out int before) && record.Number < before)
            {
                verdict.AddReordered($"{record} comes after {before} in partition {partition}, at offset {offset}");
            }
            last[record.Writer] = Math.Max(record.Number, last.GetValueOrDefault(record.Writer));
        }
    }

    private static void CheckAcknowledged(IReadOnlyList<RecordId> log, int partition, IWriter writer, Verdict verdict)
    {
        HashSet<RecordId> there = [.. log.Where(record => record.Writer == writer.Name)];
        // In any order: who gets no answer from a former leader hears from the new one of later records first, then of the repeated ones.
        foreach ((int number, long offset) in writer.Of(partition))
        {
            RecordId record = new(writer.Name, number);
            verdict.Acknowledged++;
            if (!there.Contains(record))
            {
                verdict.AddLost($"{record} was acknowledged at offset {offset} of partition {partition} and is not there");
            }
            // A repeated batch whose original the broker no longer remembers is acknowledged without an offset.
            else if (offset >= 0 && (offset >= log.Count || log[(int)offset] != record))
            {
                verdict.AddReordered($"{record} was acknowledged at offset {offset} of partition {partition}, and is at another one");
            }
        }
        verdict.Unanswered += partition == 0 ? writer.Unanswered : 0;
    }

    private static void CheckRead(IReadOnlyList<RecordId> log, int partition, Readings reader, Verdict verdict)
    {
        IReadOnlyList<RecordId> read = reader.Of(partition);
        verdict.Read += read.Count;
        for (int offset = 0; offset < read.Count; offset++)
        {
            if (offset >= log.Count || log[offset] != read[offset])
            {
                verdict.AddTakenBack($"{reader.Name} has read {read[offset]} at offset {offset} of partition {partition}, where it is no longer");
            }
        }
    }

    /// <summary>What is in the log was acknowledged, but for sends without an answer.</summary>
    private static void CheckUnknown(IReadOnlyList<RecordId>[] log, IWriter writer, Verdict verdict)
    {
        int there = log.Sum(records => records.Where(record => record.Writer == writer.Name).Distinct().Count());
        int acknowledged = Enumerable.Range(0, log.Length).Sum(partition => writer.Of(partition).Count);
        if (there > acknowledged + writer.Unanswered)
        {
            verdict.AddOther(
                $"{there} records of {writer.Name} are in the log, but {acknowledged} were acknowledged and {writer.Unanswered} were not answered");
        }
    }
}
