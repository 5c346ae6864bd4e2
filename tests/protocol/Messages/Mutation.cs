using System.Buffers.Binary;

namespace Broker.Protocol.Tests.Messages;

/// <summary>One to four changes of real bytes.</summary>
internal static class Mutation
{
    private static readonly byte[] Telling = [0x00, 0x01, 0x02, 0x7f, 0x80, 0xfe, 0xff];

    private static readonly int[] Lengths = [-2, -1, 0, 1, 0xff, 0xffff, 0x7ffffffe, 0x7fffffff, int.MinValue];

    public static byte[] Of(byte[] source, byte[] other, Random random)
    {
        List<byte> bytes = new(source);
        for (int changes = random.Next(1, 5); changes > 0; changes--)
        {
            Change(bytes, other, random);
        }
        return [.. bytes];
    }

    private static void Change(List<byte> bytes, byte[] other, Random random)
    {
        if (bytes.Count == 0)
        {
            bytes.Add(Telling[random.Next(Telling.Length)]);
            return;
        }

        int at = random.Next(bytes.Count);
        switch (random.Next(8))
        {
            case 0:
                bytes[at] ^= (byte)(1 << random.Next(8));
                break;
            case 1:
                bytes[at] = Telling[random.Next(Telling.Length)];
                break;
            case 2:
                bytes.RemoveRange(at, random.Next(bytes.Count - at) + 1);
                break;
            case 3:
                bytes.Insert(at, Telling[random.Next(Telling.Length)]);
                break;
            case 4:
                OverwriteLength(bytes, at, Lengths[random.Next(Lengths.Length)]);
                break;
            case 5:
                bytes.InsertRange(at, bytes[at..Math.Min(bytes.Count, at + random.Next(64))]);
                break;
            case 6 when other.Length > 0:
                int start = random.Next(other.Length);
                bytes.InsertRange(at, other[start..Math.Min(other.Length, start + random.Next(32))]);
                break;
            default:
                bytes[at] = (byte)random.Next(256);
                break;
        }
    }

    private static void OverwriteLength(List<byte> bytes, int at, int value)
    {
        Span<byte> length = stackalloc byte[4];
        BinaryPrimitives.WriteInt32BigEndian(length, value);
        for (int i = 0; i < length.Length && at + i < bytes.Count; i++)
        {
            bytes[at + i] = length[i];
        }
    }
}
