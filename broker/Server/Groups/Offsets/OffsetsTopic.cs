using Broker.Protocol;
using Broker.Protocol.Messages;
using Broker.Server.Groups.State;
using Broker.Storage;

namespace Broker.Server.Groups.Offsets;

/// <summary>
/// The records of <c>__consumer_offsets</c>, in the layouts of Kafka 3.9: an offset is key 1 and value 3 (1 with an expiry), a group is key 2 and value 3. All
/// older layouts and value 4 can be read.
/// </summary>
internal static class OffsetsTopic
{
    /// <summary>Highest version of an offset's key; a group's is the next.</summary>
    private const short OffsetKey = 1;
    private const short GroupKey = 2;
    private const short OffsetValue = 3;
    private const short OffsetValueWithExpiry = 1;
    private const short GroupValue = 3;

    /// <summary>The partition of a group: Java's hash of its name, made positive as Kafka does, over the topic's partitions.</summary>
    public static int PartitionOf(string groupId, int partitions)
    {
        int hash = JavaHash(groupId);
        return (hash == int.MinValue ? 0 : Math.Abs(hash)) % partitions;
    }

    /// <summary>String.hashCode of Java: over UTF-16 units, wrapping.</summary>
    public static int JavaHash(string text)
    {
        int hash = 0;
        foreach (char unit in text)
        {
            hash = unchecked((31 * hash) + unit);
        }
        return hash;
    }

    public static LogRecord Offset(string groupId, TopicPartition partition, CommittedOffset offset)
    {
        OffsetCommitValue value = new()
        {
            Offset = offset.Offset,
            LeaderEpoch = offset.LeaderEpoch,
            Metadata = offset.Metadata,
            CommitTimestamp = offset.CommitMs,
            ExpireTimestamp = offset.ExpireMs ?? -1,
        };
        return new LogRecord(KeyOf(groupId, partition), VersionPrefixed.Encode(value, offset.ExpireMs is null ? OffsetValue : OffsetValueWithExpiry));
    }

    public static LogRecord NoOffset(string groupId, TopicPartition partition) => new(KeyOf(groupId, partition), null);

    public static LogRecord NoGroup(string groupId) => new(KeyOf(groupId), null);

    /// <summary>A group's generation, with assignments that need not be the members' yet.</summary>
    public static LogRecord Generation(Group group, IReadOnlyDictionary<string, byte[]> assignments)
    {
        GroupMetadataValue value = new()
        {
            ProtocolType = group.ProtocolType ?? "",
            Generation = group.Generation,
            Protocol = group.ProtocolName,
            Leader = group.LeaderId,
            CurrentStateTimestamp = group.StateSinceMs,
            Members = [.. group.Members.Select(member => MemberOf(group, member, assignments))],
        };
        return new LogRecord(KeyOf(group.Id), VersionPrefixed.Encode(value, GroupValue));
    }

    /// <summary>Reads a record; null for a key of a kind that this broker does not know.</summary>
    /// <exception cref="MalformedMessageException">Its bytes are none of the layouts.</exception>
    public static OffsetsRecord? Read(byte[] key, byte[]? value)
    {
        short version = VersionPrefixed.ReadVersion(key);
        if (version is >= 0 and <= OffsetKey)
        {
            OffsetCommitKey offsetKey = VersionPrefixed.Decode<OffsetCommitKey>(key);
            return new OffsetRecord(offsetKey.Group, new TopicPartition(offsetKey.Topic, offsetKey.Partition),
                value is null ? null : OffsetOf(VersionPrefixed.Decode<OffsetCommitValue>(value)));
        }

        if (version != GroupKey)
        {
            return null;
        }
        return new GenerationRecord(VersionPrefixed.Decode<GroupMetadataKey>(key).Group,
            value is null ? null : VersionPrefixed.Decode<GroupMetadataValue>(value));
    }

    private static byte[] KeyOf(string groupId, TopicPartition partition) =>
        VersionPrefixed.Encode(new OffsetCommitKey { Group = groupId, Topic = partition.Topic, Partition = partition.Partition }, OffsetKey);

    private static byte[] KeyOf(string groupId) => VersionPrefixed.Encode(new GroupMetadataKey { Group = groupId }, GroupKey);

    private static CommittedOffset OffsetOf(OffsetCommitValue value) =>
        new(value.Offset, value.LeaderEpoch, value.Metadata, value.CommitTimestamp, value.ExpireTimestamp == -1 ? null : value.ExpireTimestamp);

    private static GroupMetadataValue.MemberMetadata MemberOf(Group group, Member member, IReadOnlyDictionary<string, byte[]> assignments) => new()
    {
        MemberId = member.Id,
        GroupInstanceId = member.InstanceId,
        ClientId = member.ClientId,
        ClientHost = member.ClientHost,
        RebalanceTimeout = member.RebalanceTimeoutMs,
        SessionTimeout = member.SessionTimeoutMs,
        Subscription = member.MetadataFor(group.ProtocolName),
        Assignment = assignments.TryGetValue(member.Id, out byte[]? assignment) ? assignment : [],
    };
}

/// <summary>What a record of the topic says about a group.</summary>
internal abstract record OffsetsRecord(string GroupId);

/// <summary>A partition's committed offset; null deletes it.</summary>
internal sealed record OffsetRecord(string GroupId, TopicPartition Partition, CommittedOffset? Offset) : OffsetsRecord(GroupId);

/// <summary>A group's generation; null deletes it.</summary>
internal sealed record GenerationRecord(string GroupId, GroupMetadataValue? Generation) : OffsetsRecord(GroupId);
