using System.Buffers.Binary;
using System.Text;

namespace Game.Cli.Cluster;

/// <summary>The partition of a key, as Java clients and librdkafka's <c>murmur2_random</c> choose it.</summary>
internal static class KeyPartition
{
    private const uint Seed = 0x9747b28c;
    private const uint Factor = 0x5bd1e995;
    private const int WordBytes = 4;

    public static int Of(string key, int partitions) => Of(Encoding.UTF8.GetBytes(key), partitions);

    public static int Of(ReadOnlySpan<byte> key, int partitions) => (Murmur2(key) & int.MaxValue) % partitions;

    internal static int Murmur2(ReadOnlySpan<byte> data)
    {
        uint hash = Seed ^ (uint)data.Length;
        for (; data.Length >= WordBytes; data = data[WordBytes..])
        {
            uint word = BinaryPrimitives.ReadUInt32LittleEndian(data) * Factor;
            hash = (hash * Factor) ^ ((word ^ (word >> 24)) * Factor);
        }

        for (int i = data.Length - 1; i >= 0; i--)
        {
            hash ^= (uint)data[i] << (8 * i);
        }

        hash = data.IsEmpty ? hash : hash * Factor;
        hash = (hash ^ (hash >> 13)) * Factor;
        return (int)(hash ^ (hash >> 15));
    }
}
