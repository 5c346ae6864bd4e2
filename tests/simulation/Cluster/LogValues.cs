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
            for (int at = 0; at < bytes.Length && BatchInfo.TryRead(bytes.AsSpan(at), out BatchInfo info) == BatchReadResult.Ok; at += info.SizeInBytes)
            {
                next = Add(bytes.AsMemory(at), next, values);
            }
        }

        return values;
    }

    private static long Add(ReadOnlyMemory<byte> batch, long next, List<string> values)
    {
        using RecordReader reader = RecordReader.Open(batch);
        while (reader.MoveNext())
        {
            if (reader.Current.Offset >= next)
            {
                reader.Current.Offset.ShouldBe(next, "offsets are dense");
                values.Add(Text(reader.Current.Key) + Text(reader.Current.Value));
                next++;
            }
        }

        return next;
    }

    /// <summary>Records of clients are texts, those of groups are not.</summary>
    private static string Text(ReadOnlySpan<byte> bytes) =>
        bytes.ContainsAnyExceptInRange((byte)' ', (byte)'~') ? Convert.ToHexString(bytes) : Encoding.ASCII.GetString(bytes);
}
