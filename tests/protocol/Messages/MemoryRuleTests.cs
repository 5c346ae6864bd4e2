using System.Collections;
using System.Reflection;

namespace Broker.Protocol.Tests.Messages;

/// <summary>Decoding allocates at most 64 times the frame, for the frames that come nearest to it: many small elements.</summary>
public sealed class MemoryRuleTests
{
    public static TheoryData<string> Names => [.. MessageType.All.Keys.Order(StringComparer.Ordinal)];

    [Theory]
    [MemberData(nameof(Names))]
    public void FramesFullOfShortElements(string name)
    {
        MessageType type = MessageType.All[name];
        foreach (GoldenVector vector in GoldenVector.OfMessages.Where(v => v.Message == name && v.Case == "one"))
        {
            IMessage message = type.Decode(vector.IsVersionPrefixed ? vector.Bytes[2..] : vector.Bytes, vector.Version);
            Shorten(message, copies: 500);
            Measure(type, MessageType.Encode(message, vector.Version), vector.Version);
        }
    }

    [Fact]
    public void SectionsFullOfUnknownTags()
    {
        UnknownTaggedField[] tags = [.. Enumerable.Range(1000, 5000).Select(i => new UnknownTaggedField(i, [1]))];
        foreach (MessageType type in MessageType.All.Values.Where(t => t.FirstFlexible <= t.Highest))
        {
            IMessage message = type.New();
            type.Type.GetProperty("UnknownTaggedFields")!.SetValue(message, tags);
            Measure(type, MessageType.Encode(message, type.Highest), type.Highest);
        }
    }

    private static void Measure(MessageType type, byte[] bytes, short version)
    {
        type.Decode(bytes, version);
        long before = GC.GetAllocatedBytesForCurrentThread();
        ProtocolReader reader = new(bytes);
        type.Read(ref reader, version);
        long allocated = GC.GetAllocatedBytesForCurrentThread() - before;
        allocated.ShouldBeLessThanOrEqualTo(64L * (bytes.Length + 12), $"{type.Name} v{version}, {bytes.Length} bytes");
    }

    /// <summary>Makes strings and bytes one long and repeats the elements of the outermost arrays.</summary>
    private static void Shorten(object value, int copies)
    {
        foreach (PropertyInfo property in value.GetType().GetProperties(BindingFlags.Public | BindingFlags.Instance))
        {
            switch (property.GetValue(value))
            {
                case string { Length: > 0 }:
                    property.SetValue(value, "a");
                    break;
                case byte[] { Length: > 0 }:
                    property.SetValue(value, new byte[] { 1 });
                    break;
                case RecordsPayload:
                    property.SetValue(value, new MemoryRecords(new byte[] { 1 }));
                    break;
                case Memory<byte>:
                    property.SetValue(value, (Memory<byte>?)new byte[] { 1 });
                    break;
                case Array { Length: > 0 } items:
                    property.SetValue(value, Repeat(items, copies));
                    break;
                case { } inner when inner.GetType().IsNested:
                    Shorten(inner, copies: 1);
                    break;
                default:
                    break;
            }
        }
    }

    private static Array Repeat(Array items, int copies)
    {
        foreach (object item in (IEnumerable)items)
        {
            if (item.GetType().IsNested)
            {
                Shorten(item, copies: 1);
            }
        }

        Array repeated = Array.CreateInstance(items.GetType().GetElementType()!, items.Length * copies);
        for (int i = 0; i < repeated.Length; i++)
        {
            repeated.SetValue(items.GetValue(i % items.Length), i);
        }
        return repeated;
    }
}
