using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace Game.GameServer.Actions;

/// <summary>Puts what an action says into a row of bytes that no other content gives, and digests it.</summary>
/// <param name="buffer">Room for all that is added: each text's bytes and <see cref="LengthBytes"/>, <see cref="NumberBytes"/> a number.</param>
internal ref struct ContentDigest(Span<byte> buffer)
{
    public const int LengthBytes = sizeof(int);
    public const int NumberBytes = sizeof(long);

    private readonly Span<byte> _buffer = buffer;
    private int _used;

    public void Add(string text)
    {
        int length = Encoding.UTF8.GetBytes(text, _buffer[(_used + LengthBytes)..]);
        BinaryPrimitives.WriteInt32BigEndian(_buffer[_used..], length);
        _used += LengthBytes + length;
    }

    public void Add(long number)
    {
        BinaryPrimitives.WriteInt64BigEndian(_buffer[_used..], number);
        _used += NumberBytes;
    }

    /// <summary>Half of the SHA-256: two contents with the same are not found by chance nor, in practice, by trying.</summary>
    public readonly UInt128 Compute()
    {
        Span<byte> digest = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(_buffer[.._used], digest);
        return BinaryPrimitives.ReadUInt128BigEndian(digest);
    }
}
