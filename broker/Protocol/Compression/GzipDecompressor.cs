using System.Buffers.Binary;
using System.IO.Compression;

namespace Broker.Protocol.Compression;

/// <summary>
/// One gzip member, as every client writes. The runtime's stream accepts a member whose trailer is cut off; Java's consumers do not, so this class compares the
/// trailer's length.
/// </summary>
internal sealed class GzipDecompressor : BatchDecompressor
{
    private const int TrailerLengthBytes = 4;

    private readonly GZipStream _stream;
    private readonly uint _declared;
    private uint _produced;

    public GzipDecompressor(ReadOnlyMemory<byte> compressed, long limit)
        : base(limit)
    {
        _stream = new GZipStream(new MemoryReadStream(compressed), CompressionMode.Decompress);
        _declared = compressed.Length < TrailerLengthBytes ? 0 : BinaryPrimitives.ReadUInt32LittleEndian(compressed.Span[^TrailerLengthBytes..]);
    }

    protected override int Decode(Span<byte> target)
    {
        int read = _stream.Read(target);
        _produced += (uint)read;
        return read > 0 || _produced == _declared ? read : throw new InvalidRecordException("The batch's gzip stream ends early.");
    }

    protected override bool IsBadData(Exception failure) => failure is InvalidDataException or EndOfStreamException;

    protected override void Dispose(bool disposing) => _stream.Dispose();
}
