using System.Buffers;
using System.Numerics;
using ZstdSharp;
using ZstdSharp.Unsafe;

namespace Broker.Protocol.Compression;

/// <summary>
/// Zstandard. The memory is the frame's window; only the first frame may declare more than <see cref="BatchDecompressor.UsualBytes"/>, as it is by that
/// one that the memory was counted. Clients write one frame a batch.
/// </summary>
internal sealed class ZstdDecompressor : BatchDecompressor
{
    /// <summary>128 MiB, what the strongest ordinary level writes and Java's reader accepts; pages of it become resident only as records fill them.</summary>
    private const int WindowLogMax = 27;

    private readonly Decompressor _decompressor = new();
    private ReadOnlyMemory<byte> _rest;
    private bool _insideFrame;

    public ZstdDecompressor(ReadOnlyMemory<byte> compressed, long limit)
        : base(limit)
    {
        _rest = compressed;
        long window = Math.Max(ZstdFrame.WindowOf(compressed.Span), UsualBytes);
        _decompressor.SetParameter(ZSTD_dParameter.ZSTD_d_windowLogMax, Math.Min(WindowLogMax, 64 - BitOperations.LeadingZeroCount((ulong)window - 1)));
    }

    protected override int Decode(Span<byte> target)
    {
        while (!_rest.IsEmpty || _insideFrame)
        {
            OperationStatus status = _decompressor.UnwrapStream(_rest.Span, target, out int consumed, out int written);
            _rest = _rest[consumed..];
            _insideFrame = status != OperationStatus.Done;
            if (written > 0)
            {
                return written;
            }

            if (_insideFrame && consumed == 0)
            {
                throw new InvalidRecordException("The batch's Zstandard frame ends early.");
            }
        }

        return 0;
    }

    protected override bool IsBadData(Exception failure) => failure is ZstdException;

    protected override void Dispose(bool disposing) => _decompressor.Dispose();
}
