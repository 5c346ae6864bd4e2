using Broker.Server.Groups.Offsets;

namespace Broker.Server.Tests.Groups;

/// <summary>Where a group lies.</summary>
public class OffsetsTopicTests
{
    [Theory]
    [InlineData("my-group", 12)]
    [InlineData("test", 48)]
    [InlineData("console-consumer-1", 24)]
    [InlineData("grp", 29)]
    [InlineData("orders-service", 17)]
    [InlineData("", 0)]
    [InlineData("polygenelubricants", 0)]
    public void A_group_lies_where_Kafka_puts_it(string group, int partition) => OffsetsTopic.PartitionOf(group, 50).ShouldBe(partition);

    [Theory]
    [InlineData("", 0)]
    [InlineData("a", 97)]
    [InlineData("hello", 99162322)]
    [InlineData("polygenelubricants", int.MinValue)]
    [InlineData("группа", 1749938458)]
    public void Names_hash_as_in_Java(string text, int hash) => OffsetsTopic.JavaHash(text).ShouldBe(hash);
}
