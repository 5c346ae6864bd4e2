using System.Text;
using Broker.Protocol.Records;
using Broker.Storage.Logs;

namespace Broker.Simulation.Tests.Cluster;

/// <summary>What is in a log: one text a record.</summary>
internal static class LogValues
{
    private const int ReadBytes = 1 << 20;

    /// <summary>The records from an offset on; the offsets are dense.</summary>
    public static List<string> Of(PartitionLog log, long from, long upTo)
    {
        List<string> values = [];
        long next = from;
        while (next < upTo)
        {
            using LogSlice slice = log.Read(next, ReadBytes, upTo, wholeFirstBatch: true).Slice.ShouldNotBeNull($"record {next} can be read");
            byte[] bytes = new byte[slice.Length];
            slice.ReadAt(0, bytes).ShouldBe(bytes.Length);
            values.AddRange(In(bytes, next));
            next = from + values.Count;
        }

        return values;
    }

    /// <summary>The records of batches from an offset on; the offsets are dense. The last batch may be cut off.</summary>
    public static List<string> In(ReadOnlyMemory<byte> batches, long from)
    {
        List<string> values = [];
        for (int at = 0; BatchInfo.TryRead(batches.Span[at..], out BatchInfo info) == BatchReadResult.Ok; at += info.SizeInBytes)
        {
            Add(batches[at..], from, values);
        }

        return values;
    }

    private static void Add(ReadOnlyMemory<byte> batch, long from, List<string> values)
    {
        using RecordReader reader = RecordReader.Open(batch);
        while (reader.MoveNext())
        {
            if (reader.Current.Offset >= from)
            {
                reader.Current.Offset.ShouldBe(from + values.Count, "offsets are dense");
                values.Add(Text(reader.Current.Key) + Text(reader.Current.Value));
            }
        }
    }

    /// <summary>Records of clients are texts, those of groups are not.</summary>
    private static string Text(ReadOnlySpan<byte> bytes) =>
        bytes.ContainsAnyExceptInRange((byte)' ', (byte)'~') ? Convert.ToHexString(bytes) : Encoding.ASCII.GetString(bytes);
}
