namespace Broker.Protocol.Tests.Messages;

/// <summary>Every message in every version, against what Kafka's own serialisers wrote.</summary>
public sealed class GoldenMessagesTests
{
    public static TheoryData<string> Names => [.. MessageType.All.Keys.Order(StringComparer.Ordinal)];

    [Theory]
    [MemberData(nameof(Names))]
    public void EveryVectorIsDecodedAndEncodedToTheSameBytes(string name)
    {
        foreach (GoldenVector vector in GoldenVector.OfMessages.Where(v => v.Message == name))
        {
            IMessage message = Decode(vector);
            byte[] encoded = vector.IsVersionPrefixed ? VersionPrefixed.Encode(message, vector.Version) : MessageType.Encode(message, vector.Version);
            Convert.ToHexString(encoded).ShouldBe(Convert.ToHexString(vector.Bytes), vector.ToString());
        }
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void EveryVectorEqualsItsJson(string name)
    {
        foreach (GoldenVector vector in GoldenVector.OfMessages.Where(v => v.Message == name))
        {
            JsonAgreement.Check(Decode(vector), vector.Json, vector.ToString());
        }
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void EveryVersionHasVectors(string name)
    {
        MessageType type = MessageType.All[name];
        for (short version = type.Lowest; version <= type.Highest; version++)
        {
            GoldenVector[] vectors = [.. GoldenVector.OfMessages.Where(v => v.Message == name && v.Version == version)];
            vectors.Length.ShouldBeGreaterThanOrEqualTo(3, $"{name} v{version}");
            // The records' vectors were made without unknown tags.
            vectors.Any(v => v.HasUnknownTag).ShouldBe(version >= type.FirstFlexible && !vectors[0].IsVersionPrefixed, $"{name} v{version}");
        }
    }

    [Fact]
    public void EveryVectorHasItsMessage() =>
        GoldenVector.OfMessages.Select(v => v.Message).Distinct().Except(MessageType.All.Keys).ShouldBeEmpty();

    [Fact]
    public void EveryVectorCutShortIsMalformed()
    {
        foreach (GoldenVector vector in GoldenVector.OfMessages.Where(v => v.Case != "full"))
        {
            for (int length = 0; length < vector.Bytes.Length; length++)
            {
                byte[] cut = vector.Bytes[..length];
                Should.Throw<MalformedMessageException>(() => Decode(vector with { Bytes = cut }), $"{vector} cut to {length}");
            }
        }
    }

    private static IMessage Decode(GoldenVector vector)
    {
        MessageType type = MessageType.All[vector.Message];
        if (!vector.IsVersionPrefixed)
        {
            return type.Decode(vector.Bytes, vector.Version);
        }
        short version = VersionPrefixed.ReadVersion(vector.Bytes);
        version.ShouldBe(vector.Version);
        return type.Decode(vector.Bytes[2..], version);
    }
}
