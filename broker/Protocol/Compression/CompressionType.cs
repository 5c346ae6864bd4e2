namespace Broker.Protocol.Compression;

/// <summary>The codec of a batch's records: attribute bits 0-2.</summary>
public enum CompressionType : byte
{
    /// <summary>Records follow the header as they are.</summary>
    None = 0,

    /// <summary>RFC 1952 stream.</summary>
    Gzip = 1,

    /// <summary>Snappy: the Java block framing ("xerial") or one raw block.</summary>
    Snappy = 2,

    /// <summary>LZ4 frame.</summary>
    Lz4 = 3,

    /// <summary>Zstandard frame.</summary>
    Zstd = 4,
}
