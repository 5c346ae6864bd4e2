namespace Broker.Protocol.Compression;

/// <summary>
/// The decompressed records of one batch as a forward stream: never more in memory than the codec's own window. Every failure of a codec appears as
/// <see cref="InvalidRecordException"/>. One thread at a time.
/// </summary>
internal abstract class BatchDecompressor : IDisposable
{
    /// <summary>
    /// What a codec takes for ordinary batches: the windows of Zstandard's levels up to 19 (Java's default writes 2 MiB), LZ4's and Snappy's blocks.
    /// </summary>
    public const int UsualBytes = 8 << 20;

    private long _allowed;

    protected BatchDecompressor(long limit) => _allowed = limit;

    /// <param name="codec">Not <see cref="CompressionType.None"/>.</param>
    /// <param name="compressed">What follows the batch header; must stay unchanged until disposal.</param>
    /// <param name="limit">The most bytes that may come out before the batch counts as hostile.</param>
    /// <exception cref="InvalidRecordException">The first bytes are not the codec's.</exception>
    public static BatchDecompressor Open(CompressionType codec, ReadOnlyMemory<byte> compressed, long limit) => codec switch
    {
        CompressionType.Gzip => new GzipDecompressor(compressed, limit),
        CompressionType.Snappy => SnappyDecompressor.Open(compressed, limit),
        CompressionType.Lz4 => new Lz4Decompressor(compressed, limit),
        CompressionType.Zstd => new ZstdDecompressor(compressed, limit),
        _ => throw new InvalidRecordException("The batch names a compression codec that does not exist."),
    };

    /// <summary>The memory that the first bytes say reading them will take; at least <see cref="UsualBytes"/>.</summary>
    public static long MemoryFor(CompressionType codec, ReadOnlySpan<byte> compressed) => Math.Max(UsualBytes, codec switch
    {
        CompressionType.Snappy => SnappyDecompressor.FirstBlockBytes(compressed),
        CompressionType.Zstd => ZstdFrame.WindowOf(compressed),
        _ => 0,
    });

    /// <summary>Fills the start of <paramref name="target"/> and returns how much; 0 is the end.</summary>
    /// <exception cref="InvalidRecordException">The bytes are not the codec's, or expand beyond the limit.</exception>
    public int Read(Span<byte> target)
    {
        int read;
        try
        {
            read = Decode(target);
        }
        catch (Exception failure) when (IsBadData(failure))
        {
            throw new InvalidRecordException("The batch's compressed records cannot be decompressed.", failure);
        }

        _allowed -= read;
        return _allowed >= 0 ? read : throw TooLarge();
    }

    public void Dispose()
    {
        Dispose(disposing: true);
        GC.SuppressFinalize(this);
    }

    protected static InvalidRecordException TooLarge() => new("The batch's records expand beyond the allowed size.");

    protected abstract int Decode(Span<byte> target);

    /// <summary>True for what the codec's library throws on bytes that are not its format.</summary>
    protected abstract bool IsBadData(Exception failure);

    protected abstract void Dispose(bool disposing);
}
