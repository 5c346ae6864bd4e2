using System.IO.Compression;

namespace Broker.Protocol.Compression;

internal sealed class GzipDecompressor : BatchDecompressor
{
    private readonly GZipStream _stream;

    public GzipDecompressor(ReadOnlyMemory<byte> compressed, long limit)
        : base(limit) => _stream = new GZipStream(new MemoryReadStream(compressed), CompressionMode.Decompress);

    protected override int Decode(Span<byte> target) => _stream.Read(target);

    protected override bool IsBadData(Exception failure) => failure is InvalidDataException or EndOfStreamException;

    protected override void Dispose(bool disposing) => _stream.Dispose();
}
