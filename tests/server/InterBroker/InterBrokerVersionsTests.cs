using Broker.Server.Config;
using Broker.Server.InterBroker;

namespace Broker.Server.Tests.InterBroker;

public sealed class InterBrokerVersionsTests
{
    /// <summary>As Kafka 3.9's MetadataVersion gives them.</summary>
    [Theory]
    [InlineData("3.4", 13, 7, 2)]
    [InlineData("3.4-IV0", 13, 7, 2)]
    [InlineData("3.4.1", 13, 7, 2)]
    [InlineData("3.5-IV0", 14, 8, 2)]
    [InlineData("3.5-IV1", 15, 8, 3)]
    [InlineData("3.5", 15, 8, 3)]
    [InlineData("3.6", 15, 8, 3)]
    [InlineData("3.7-IV3", 15, 8, 3)]
    [InlineData("3.7-IV4", 16, 8, 3)]
    [InlineData("3.7", 16, 8, 3)]
    [InlineData("3.8-IV0", 16, 8, 3)]
    [InlineData("3.9-IV0", 17, 9, 3)]
    [InlineData("3.9.2", 17, 9, 3)]
    public void The_release_decides_the_versions(string release, short fetch, short listOffsets, short alterPartition)
    {
        InterBrokerVersions versions = InterBrokerVersions.Of(release);
        versions.Fetch(haveTopicIds: true).ShouldBe(fetch);
        versions.Fetch(haveTopicIds: false).ShouldBe((short)12);
        versions.ListOffsets.ShouldBe(listOffsets);
        versions.AlterPartition(haveTopicIds: true).ShouldBe(alterPartition);
        versions.AlterPartition(haveTopicIds: false).ShouldBe((short)1);
    }

    [Theory]
    [InlineData("3.3")]
    [InlineData("3.3-IV3")]
    [InlineData("2.8")]
    [InlineData("0.10.2")]
    public void Older_clusters_are_refused(string release) =>
        Should.Throw<ConfigException>(() => InterBrokerVersions.Of(release)).Message.ShouldBe(
            $"inter.broker.protocol.version is {release}, but this broker can only be a member of clusters whose value is from 3.4 to 3.9.");
}
