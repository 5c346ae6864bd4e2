namespace Broker.Protocol.Tests.Messages;

/// <summary>Any generated message, its static members reached by name.</summary>
public abstract class MessageType
{
    public static IReadOnlyDictionary<string, MessageType> All { get; } = Find();

    public abstract string Name { get; }

    public abstract short Lowest { get; }

    public abstract short Highest { get; }

    public abstract short FirstFlexible { get; }

    public abstract Type Type { get; }

    public bool IsRequest => Name.EndsWith("Request", StringComparison.Ordinal);

    public abstract IMessage New();

    public abstract IMessage Read(ref ProtocolReader reader, short version);

    /// <summary>Decodes a whole body; bytes left over fail.</summary>
    public IMessage Decode(byte[] bytes, short version)
    {
        ProtocolReader reader = new(bytes);
        IMessage message = Read(ref reader, version);
        reader.Remaining.ShouldBe(0);
        return message;
    }

    public static byte[] Encode(IMessage message, short version)
    {
        using ProtocolWriter writer = new();
        message.Write(writer, version);
        byte[] bytes = writer.ToArray();
        writer.Length.ShouldBe(bytes.Length);
        return bytes;
    }

    private static Dictionary<string, MessageType> Find() =>
        new[] { typeof(IMessage).Assembly, typeof(MessageType).Assembly }
            .SelectMany(a => a.GetTypes())
            .Where(t => t is { IsClass: true, IsNested: false } && t.IsAssignableTo(typeof(IMessage)))
            .Select(t => (MessageType)Activator.CreateInstance(typeof(Of<>).MakeGenericType(t))!)
            .ToDictionary(t => t.Name);

    private sealed class Of<T> : MessageType
        where T : IMessage<T>, new()
    {
        public override string Name => typeof(T).Name;

        public override short Lowest => T.LowestVersion;

        public override short Highest => T.HighestVersion;

        public override short FirstFlexible => T.FirstFlexibleVersion;

        public override Type Type => typeof(T);

        public override IMessage New() => new T();

        public override IMessage Read(ref ProtocolReader reader, short version) => T.Read(ref reader, version);
    }
}
