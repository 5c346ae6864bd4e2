using System.Buffers.Binary;

namespace Broker.Protocol.Compression;

/// <summary>The header of a Zstandard frame (RFC 8878, 3.1.1.1), of which only the window matters here: the memory that reading the frame takes.</summary>
internal static class ZstdFrame
{
    private const uint Magic = 0xFD2FB528;
    private const int DescriptorAt = 4;

    /// <summary>The window that the first frame declares, in bytes; 0 where there is none to be read.</summary>
    public static long WindowOf(ReadOnlySpan<byte> frame)
    {
        if (frame.Length <= DescriptorAt + 1 || BinaryPrimitives.ReadUInt32LittleEndian(frame) != Magic)
        {
            return 0;
        }

        byte descriptor = frame[DescriptorAt];
        bool isOneSegment = (descriptor & 0x20) != 0;
        return isOneSegment ? ContentSize(frame, descriptor) : Window(frame[DescriptorAt + 1]);
    }

    private static long Window(byte window)
    {
        long power = 1L << (10 + (window >> 3));
        return power + (power / 8 * (window & 7));
    }

    /// <summary>A frame of one segment has no window: its content is one.</summary>
    private static long ContentSize(ReadOnlySpan<byte> frame, byte descriptor)
    {
        int dictionary = (descriptor & 3) is 3 ? 4 : descriptor & 3;
        int length = 1 << (descriptor >> 6);
        int at = DescriptorAt + 1 + dictionary;
        if (frame.Length < at + length)
        {
            return 0;
        }

        ReadOnlySpan<byte> size = frame.Slice(at, length);
        return length switch
        {
            1 => size[0],
            2 => BinaryPrimitives.ReadUInt16LittleEndian(size) + 256,
            4 => BinaryPrimitives.ReadUInt32LittleEndian(size),
            _ => (long)Math.Min(BinaryPrimitives.ReadUInt64LittleEndian(size), long.MaxValue),
        };
    }
}
