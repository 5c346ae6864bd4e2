using K4os.Compression.LZ4.Streams;
using K4os.Compression.LZ4.Streams.Frames;

namespace Broker.Protocol.Compression;

/// <summary>LZ4 frames; the library's buffers are bounded by the format's largest block, 4 MiB.</summary>
internal sealed class Lz4Decompressor : BatchDecompressor
{
    private readonly ByteMemoryLZ4FrameReader _reader;

    public Lz4Decompressor(ReadOnlyMemory<byte> compressed, long limit)
        : base(limit) => _reader = LZ4Frame.Decode(compressed);

    protected override int Decode(Span<byte> target) => _reader.ReadManyBytes(target, interactive: false);

    // The library answers bad frames with these four, depending on which field is wrong.
    protected override bool IsBadData(Exception failure) =>
        failure is IOException or InvalidDataException or ArgumentException or NotSupportedException or NotImplementedException or InvalidOperationException;

    protected override void Dispose(bool disposing) => _reader.Dispose();
}
