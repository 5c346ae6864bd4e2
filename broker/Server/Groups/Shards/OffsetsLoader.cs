using Broker.Protocol;
using Broker.Protocol.Messages;
using Broker.Protocol.Records;
using Broker.Server.Groups.Offsets;
using Broker.Server.Groups.Rules;
using Broker.Server.Groups.State;
using Broker.Storage;

namespace Broker.Server.Groups.Shards;

/// <summary>
/// Reads a partition of the topic of committed offsets from start to end and makes its groups: the last record of each key counts. Offsets committed in a
/// transaction count from its commit marker on. For one use by one thread.
/// </summary>
internal sealed class OffsetsLoader(IOffsetsLog log, int bufferBytes)
{
    /// <summary>Key and value of a transaction's marker start with a version, then comes its type.</summary>
    private const int MarkerTypeAt = 2;

    private readonly Dictionary<string, GroupMetadataValue> _generations = new(StringComparer.Ordinal);
    private readonly Dictionary<string, Dictionary<TopicPartition, CommittedOffset>> _offsets = new(StringComparer.Ordinal);
    private readonly Dictionary<long, List<OffsetRecord>> _openTransactions = [];
    private readonly Dictionary<string, string> _names = new(StringComparer.Ordinal);

    /// <summary>Records that could not be read and were skipped.</summary>
    public int Skipped { get; private set; }

    /// <summary>Records read.</summary>
    public int Records { get; private set; }

    /// <summary>The groups as the log has them.</summary>
    /// <exception cref="IOException">The disk fails, or the log is not here any more.</exception>
    /// <exception cref="InvalidRecordException">A batch is broken.</exception>
    public IReadOnlyList<Group> Load()
    {
        long end = log.EndOffset;
        for (long at = log.StartOffset; at < end;)
        {
            at = ReadFrom(at);
        }
        List<Group> groups = [.. _generations.Select(generation => LoadRules.Restore(generation.Key, generation.Value))];
        groups.AddRange(_offsets.Keys.Where(id => !_generations.ContainsKey(id)).Select(id => new Group(id)));
        foreach (Group group in groups)
        {
            foreach ((TopicPartition partition, CommittedOffset offset) in _offsets.GetValueOrDefault(group.Id) ?? [])
            {
                group.Offsets.Put(partition, offset);
            }
        }

        return groups;
    }

    private long ReadFrom(long offset)
    {
        ReadOnlyMemory<byte> bytes = log.Read(offset, bufferBytes);
        long next = offset;
        while (BatchInfo.TryRead(bytes.Span, out BatchInfo batch) == BatchReadResult.Ok && batch.SizeInBytes <= bytes.Length)
        {
            if (batch.NextOffset > offset)
            {
                ApplyBatch(batch, bytes[..batch.SizeInBytes]);
            }
            next = batch.NextOffset;
            bytes = bytes[batch.SizeInBytes..];
        }

        return next > offset ? next : throw new InvalidRecordException($"No whole record batch lies at offset {offset}.");
    }

    private void ApplyBatch(in BatchInfo batch, ReadOnlyMemory<byte> bytes)
    {
        using RecordReader records = RecordReader.Open(bytes);
        while (records.MoveNext())
        {
            if (batch.IsControl)
            {
                EndTransaction(batch, records.Current.Key);
            }
            else
            {
                ApplyRecord(batch, records.Current);
            }
        }
    }

    private void ApplyRecord(in BatchInfo batch, RecordView record)
    {
        Records++;
        OffsetsRecord? read = Read(record);
        switch (read)
        {
            case OffsetRecord offset when batch.IsTransactional: OpenTransaction(batch.ProducerId).Add(Place(offset, record.Offset)); break;
            case OffsetRecord offset: Apply(Place(offset, record.Offset)); break;
            case GenerationRecord { Generation: { } generation }: _generations[read.GroupId] = generation; break;
            case GenerationRecord: _generations.Remove(read.GroupId); break;
            default: Skipped++; break;
        }
    }

    /// <summary>Null for a record that cannot be read: the loader skips it.</summary>
    private static OffsetsRecord? Read(RecordView record)
    {
        if (!record.HasKey)
        {
            return null;
        }
        try
        {
            return OffsetsTopic.Read(record.Key.ToArray(), record.HasValue ? record.Value.ToArray() : null);
        }
        catch (MalformedMessageException)
        {
            return null;
        }
    }

    /// <summary>Adds the record's offset in the log. All records share one string per topic name, as topics are few and offsets many.</summary>
    private OffsetRecord Place(OffsetRecord record, long at)
    {
        if (!_names.TryGetValue(record.Partition.Topic, out string? topic))
        {
            _names[topic = record.Partition.Topic] = topic;
        }
        return record with
        {
            Partition = record.Partition with { Topic = topic },
            Offset = record.Offset is null ? null : record.Offset with { AppendedAt = at }
        };
    }

    private void Apply(OffsetRecord record)
    {
        if (!_offsets.TryGetValue(record.GroupId, out Dictionary<TopicPartition, CommittedOffset>? ofGroup))
        {
            ofGroup = _offsets[record.GroupId] = [];
        }
        if (record.Offset is null)
        {
            ofGroup.Remove(record.Partition);
        }
        else if (!ofGroup.TryGetValue(record.Partition, out CommittedOffset? known) || known.AppendedAt <= record.Offset.AppendedAt)
        {
            ofGroup[record.Partition] = record.Offset;
        }
        if (ofGroup.Count == 0)
        {
            _offsets.Remove(record.GroupId);
        }
    }

    private List<OffsetRecord> OpenTransaction(long producerId)
    {
        if (!_openTransactions.TryGetValue(producerId, out List<OffsetRecord>? open))
        {
            _openTransactions[producerId] = open = [];
        }
        return open;
    }

    private void EndTransaction(in BatchInfo batch, ReadOnlySpan<byte> key)
    {
        if (!_openTransactions.Remove(batch.ProducerId, out List<OffsetRecord>? open) || key.Length < MarkerTypeAt + 2)
        {
            return;
        }
        if (key[MarkerTypeAt] != 0 || key[MarkerTypeAt + 1] != (byte)ControlRecordType.Commit)
        {
            return;
        }
        foreach (OffsetRecord record in open)
        {
            Apply(record);
        }
    }
}
