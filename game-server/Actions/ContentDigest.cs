using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace Game.GameServer.Actions;

/// <summary>Encodes the content of an action as bytes, so that no other content gives the same bytes, and computes their digest.</summary>
/// <param name="buffer">
/// Must have room for all that is added: the bytes of each text and <see cref="LengthBytes"/> more, <see cref="NumberBytes"/> for each number.
/// </param>
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

    /// <summary>The first half of the SHA-256: two contents with the same half are found neither by chance nor, in practice, by search.</summary>
    public readonly UInt128 Compute()
    {
        Span<byte> digest = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(_buffer[.._used], digest);
        return BinaryPrimitives.ReadUInt128BigEndian(digest);
    }
}
