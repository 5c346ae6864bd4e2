using System.Buffers;
using System.Buffers.Binary;
using System.Text;

namespace Game.Cli.Bench;

/// <summary>
/// Writes a request of Kafka's protocol with the length before it, in versions whose strings and arrays have lengths of fixed size. Applications reference no
/// project of the broker, so the encoding is written here.
/// </summary>
internal sealed class WireWriter
{
    private readonly ArrayBufferWriter<byte> _to = new();

    /// <param name="api">Kafka's API key.</param>
    /// <param name="version">Of the request.</param>
    /// <param name="clientId">The name of the client, which the brokers log.</param>
    public WireWriter(short api, short version, string clientId)
    {
        Int32(0); // the length, filled in at the end
        Int16(api);
        Int16(version);
        Int32(0); // correlation id: one request is under way at a time
        String(clientId);
    }

    public void String(string text)
    {
        byte[] bytes = Encoding.UTF8.GetBytes(text);
        Int16((short)bytes.Length);
        _to.Write(bytes);
    }

    public void Byte(byte value) => _to.Write<byte>([value]);

    public void Int16(short value)
    {
        BinaryPrimitives.WriteInt16BigEndian(_to.GetSpan(sizeof(short)), value);
        _to.Advance(sizeof(short));
    }

    public void Int32(int value)
    {
        BinaryPrimitives.WriteInt32BigEndian(_to.GetSpan(sizeof(int)), value);
        _to.Advance(sizeof(int));
    }

    public void Int64(long value)
    {
        BinaryPrimitives.WriteInt64BigEndian(_to.GetSpan(sizeof(long)), value);
        _to.Advance(sizeof(long));
    }

    /// <summary>The finished request.</summary>
    public byte[] ToFrame()
    {
        byte[] frame = _to.WrittenSpan.ToArray();
        BinaryPrimitives.WriteInt32BigEndian(frame, frame.Length - sizeof(int));
        return frame;
    }
}
