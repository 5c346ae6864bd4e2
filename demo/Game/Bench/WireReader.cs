using System.Buffers.Binary;
using System.Text;

namespace Game.Cli.Bench;

/// <summary>
/// Reads an answer of Kafka's protocol, without the length before it. All members throw <see cref="ArgumentOutOfRangeException"/> where the answer ends too
/// early.
/// </summary>
internal ref struct WireReader
{
    private ReadOnlySpan<byte> _left;

    public WireReader(ReadOnlySpan<byte> answer)
    {
        _left = answer;
        Skip(sizeof(int)); // correlation id
    }

    public void Skip(int count) => _left = _left[count..];

    public short Int16()
    {
        short value = BinaryPrimitives.ReadInt16BigEndian(_left);
        Skip(sizeof(short));
        return value;
    }

    public int Int32()
    {
        int value = BinaryPrimitives.ReadInt32BigEndian(_left);
        Skip(sizeof(int));
        return value;
    }

    /// <summary>A string; empty where there is none.</summary>
    public string String()
    {
        int length = Math.Max(Int16(), (short)0);
        string text = Encoding.UTF8.GetString(_left[..length]);
        Skip(length);
        return text;
    }

    /// <summary>An array of numbers of which only the count matters.</summary>
    public int CountOfInt32s()
    {
        int count = Int32();
        Skip(count * sizeof(int));
        return count;
    }
}
