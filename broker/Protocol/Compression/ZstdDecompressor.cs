using System.Buffers;
using Broker.Protocol.Records;
using ZstdSharp;
using ZstdSharp.Unsafe;

namespace Broker.Protocol.Compression;

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
        _decompressor.SetParameter(ZSTD_dParameter.ZSTD_d_windowLogMax, WindowLogMax);
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
