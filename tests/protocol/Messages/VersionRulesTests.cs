using Broker.Protocol.Messages;

namespace Broker.Protocol.Tests.Messages;

/// <summary>What becomes of values that a version cannot carry.</summary>
public sealed class VersionRulesTests
{
    [Fact]
    public void IgnorableFieldsAreDropped()
    {
        FetchRequest request = new() { SessionId = 5, RackId = "r1", MaxBytes = 10 };
        FetchRequest read = Through(request, 2);
        read.SessionId.ShouldBe(0);
        read.RackId.ShouldBe(string.Empty);
        read.MaxBytes.ShouldBe(int.MaxValue);
    }

    [Fact]
    public void OtherFieldsMustHaveTheirDefault()
    {
        FetchRequest request = new() { ForgottenTopicsData = [new FetchRequest.ForgottenTopic { Topic = "t" }] };
        Through(request, 7).ForgottenTopicsData.Single().Topic.ShouldBe("t");
        Should.Throw<UnsupportedVersionException>(() => Through(request, 6)).Message.ShouldContain("FetchRequest.ForgottenTopicsData");
    }

    [Fact]
    public void TaggedFieldsMustHaveTheirDefaultInEarlierVersions()
    {
        FetchRequest request = new() { ReplicaState = new FetchRequest.ReplicaStateData { ReplicaId = 3, ReplicaEpoch = 9 } };
        Through(request, 15).ReplicaState!.ReplicaEpoch.ShouldBe(9);
        Should.Throw<UnsupportedVersionException>(() => Through(request, 14));
        request.ReplicaState = new FetchRequest.ReplicaStateData();
        Through(request, 14).ReplicaState.ShouldBeNull();
    }

    [Fact]
    public void ATaggedFieldWithItsDefaultIsNotWritten()
    {
        byte[] bare = MessageType.Encode(new FetchRequest(), 17);
        MessageType.Encode(new FetchRequest { ReplicaState = new FetchRequest.ReplicaStateData() }, 17).ShouldBe(bare);
    }

    [Fact]
    public void UnknownTagsNeedAFlexibleVersion()
    {
        HeartbeatRequest request = new() { UnknownTaggedFields = [new UnknownTaggedField(4, [1, 2])] };
        Through(request, 4).UnknownTaggedFields!.Single().Data.ShouldBe([1, 2]);
        Should.Throw<UnsupportedVersionException>(() => Through(request, 3));
    }

    [Fact]
    public void NullNeedsAVersionThatHasIt()
    {
        OffsetFetchRequest request = new() { GroupId = "g", Topics = null };
        Through(request, 2).Topics.ShouldBeNull();
        Should.Throw<UnsupportedVersionException>(() => Through(request, 1)).Message.ShouldContain("Topics is null");
    }

    [Fact]
    public void NullWhereNoneMayBeIsMalformed()
    {
        // MetadataRequest v0 asks for all topics with an empty array; null came with version 1.
        Malformed<MetadataRequest>("ffffffff", 0);
        Malformed<HeartbeatRequest>("ffff" + "00000001" + "0000", 0);
        Malformed<HeartbeatRequest>("00" + "00000001" + "01" + "00" + "00", 4);
    }

    [Fact]
    public void VersionsThatDoNotExist()
    {
        Should.Throw<UnsupportedVersionException>(() => MessageType.Encode(new HeartbeatRequest(), 5));
        Malformed<HeartbeatRequest>("0000", 5);
        Malformed<HeartbeatRequest>("0000", -1);
        Malformed<GroupMetadataKey>("0000", 1);
    }

    [Fact]
    public void UnknownTagsKeepTheirPlaceAmongKnownOnes()
    {
        // Version 12 does not know tag 1, which version 15 gave to the replica's state, and writes it behind tag 0.
        FetchRequest request = new()
        {
            ClusterId = "c",
            UnknownTaggedFields = [new UnknownTaggedField(1, [7]), new UnknownTaggedField(9, [8])],
        };
        FetchRequest read = Through(request, 12);
        read.ClusterId.ShouldBe("c");
        read.UnknownTaggedFields!.Select(f => f.Tag).ShouldBe([1, 9]);
        Should.Throw<InvalidOperationException>(() => Through(
            new FetchRequest { ClusterId = "c", UnknownTaggedFields = [new UnknownTaggedField(0, [7])] }, 12)).Message.ShouldContain("0");
    }

    [Fact]
    public void EmbeddedMessagesAreReadInTheHighestKnownVersion()
    {
        byte[] bytes = VersionPrefixed.Encode(new ConsumerProtocolSubscription { Topics = ["a"], RackId = "r" }, 3);
        bytes[1] = 9;
        VersionPrefixed.DecodeUpToHighest<ConsumerProtocolSubscription>(bytes).RackId.ShouldBe("r");
        Should.Throw<MalformedMessageException>(() => VersionPrefixed.Decode<ConsumerProtocolSubscription>(bytes));
        Should.Throw<MalformedMessageException>(() => VersionPrefixed.ReadVersion([1]));
    }

    private static void Malformed<T>(string hex, short version)
        where T : IMessage<T> => Should.Throw<MalformedMessageException>(() =>
    {
        ProtocolReader reader = new(Convert.FromHexString(hex));
        T.Read(ref reader, version);
    });

    private static T Through<T>(T message, short version)
        where T : IMessage<T>
    {
        ProtocolReader reader = new(MessageType.Encode(message, version));
        return T.Read(ref reader, version);
    }
}
