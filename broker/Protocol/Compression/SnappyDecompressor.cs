using System.Buffers;
using System.Buffers.Binary;
using Snappier;

namespace Broker.Protocol.Compression;

/// <summary>
/// Snappy in both forms that clients send: Java's framing (a 16-byte header, then length and block, repeated) and one raw block. A block is decompressed whole,
/// into a pooled buffer of its declared length, once that length has been found possible. A raw block's is counted before it is read
/// (<see cref="FirstBlockBytes"/>); a framed stream's blocks may declare <see cref="BatchDecompressor.UsualBytes"/> at most, 256 times what clients write
/// by default (32 KiB), as only the first of them could be counted.
/// </summary>
internal sealed class SnappyDecompressor : BatchDecompressor
{
    private const int HeaderBytes = 16;

    /// <summary>A three-byte copy element yields at most 64 bytes, so no block grows by more than this factor.</summary>
    private const int LargestExpansion = 22;

    private readonly bool _framed;
    private readonly long _limit;
    private ReadOnlyMemory<byte> _rest;
    private byte[]? _block;
    private int _from;
    private int _to;

    private SnappyDecompressor(ReadOnlyMemory<byte> blocks, bool framed, long limit)
        : base(limit) => (_rest, _framed, _limit) = (blocks, framed, limit);

    private static ReadOnlySpan<byte> Magic => [0x82, (byte)'S', (byte)'N', (byte)'A', (byte)'P', (byte)'P', (byte)'Y', 0];

    public static SnappyDecompressor Open(ReadOnlyMemory<byte> compressed, long limit) =>
        compressed.Length >= HeaderBytes && compressed.Span.StartsWith(Magic)
            ? new SnappyDecompressor(compressed[HeaderBytes..], framed: true, limit)
            : new SnappyDecompressor(compressed, framed: false, limit);

    /// <summary>What a raw block declares as its length; 0 for Java's framing, whose blocks may not take more than the usual memory.</summary>
    public static long FirstBlockBytes(ReadOnlySpan<byte> compressed)
    {
        int at = 0;
        long declared = 0;
        if (!compressed.StartsWith(Magic))
        {
            for (int shift = 0; shift < 35 && at < compressed.Length; shift += 7)
            {
                byte next = compressed[at++];
                declared |= (long)(next & 0x7F) << shift;
                if (next < 0x80)
                {
                    break;
                }
            }
        }

        return Math.Min(declared, (long)compressed.Length * LargestExpansion);
    }

    protected override int Decode(Span<byte> target)
    {
        while (_from == _to)
        {
            if (_rest.IsEmpty)
            {
                return 0;
            }

            DecodeBlock(NextBlock().Span);
        }

        int count = Math.Min(target.Length, _to - _from);
        _block.AsSpan(_from, count).CopyTo(target);
        _from += count;
        return count;
    }

    protected override bool IsBadData(Exception failure) => failure is InvalidDataException or ArgumentException or InvalidOperationException;

    protected override void Dispose(bool disposing)
    {
        if (_block is { } block)
        {
            _block = null;
            ArrayPool<byte>.Shared.Return(block);
        }
    }

    private ReadOnlyMemory<byte> NextBlock()
    {
        ReadOnlyMemory<byte> block = _rest;
        if (_framed)
        {
            int length = _rest.Length >= sizeof(int) ? BinaryPrimitives.ReadInt32BigEndian(_rest.Span) : -1;
            if (length < 0 || length > _rest.Length - sizeof(int))
            {
                throw new InvalidRecordException("A Snappy block's length exceeds the batch.");
            }

            block = _rest.Slice(sizeof(int), length);
        }

        _rest = _rest[(block.Length + (_framed ? sizeof(int) : 0))..];
        return block;
    }

    private void DecodeBlock(ReadOnlySpan<byte> block)
    {
        int declared = Snappy.GetUncompressedLength(block);
        if (declared > (long)block.Length * LargestExpansion)
        {
            throw new InvalidRecordException("A Snappy block declares more than it can hold.");
        }

        if (_framed && declared > UsualBytes)
        {
            throw new InvalidRecordException("A block of a framed Snappy stream is larger than clients write them.");
        }

        if (declared > _limit)
        {
            throw TooLarge();
        }

        if (_block is null || _block.Length < declared)
        {
            Dispose(disposing: true);
            _block = ArrayPool<byte>.Shared.Rent(declared);
        }

        _from = 0;
        _to = Snappy.Decompress(block, _block);
    }
}
