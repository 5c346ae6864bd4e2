using Broker.Coordination;
using Broker.Server.Metadata;
using Broker.Server.Metadata.Znodes;
using Broker.Server.Tests.Apis;

namespace Broker.Server.Tests.Metadata;

public sealed class TopicConfigsTests
{
    [Fact]
    public async Task What_a_topic_was_created_with_elsewhere_is_known_to_the_controller_without_a_notice()
    {
        await using OneBrokerCluster cluster = await OneBrokerCluster.Start();
        byte[] settings = ConfigZnode.Encode(new Dictionary<string, string> { ["unclean.leader.election.enable"] = "true" });
        (await cluster.Membership.Znodes.Session.Create(ZnodePaths.TopicConfig("lossy"), settings)).Code.ShouldBe(Code.Ok);
        (await cluster.Membership.Topics.IsUncleanElectionAllowed("lossy")).ShouldBeTrue();
        (await cluster.Membership.Topics.IsUncleanElectionAllowed("safe")).ShouldBeFalse();
    }

    [Fact]
    public async Task A_replica_that_comes_from_another_controller_than_the_one_that_created_its_topic_has_the_topics_settings()
    {
        await using OneBrokerCluster cluster = await OneBrokerCluster.Start();
        TopicConfigs topics = cluster.Membership.Topics;
        await Write(cluster, "1");
        Guid id = Guid.NewGuid();
        await topics.Learn("t", id, isNew: false);
        topics.LogConfigOf("t").FlushMessages.ShouldBe(1);

        await Write(cluster, "2");
        await topics.Learn("t", id, isNew: false);
        topics.LogConfigOf("t").FlushMessages.ShouldBe(1, "a known topic's settings change with notices");
        await topics.Learn("t", Guid.NewGuid(), isNew: false);
        topics.LogConfigOf("t").FlushMessages.ShouldBe(2, "another topic has the name now");
    }

    private static async Task Write(OneBrokerCluster cluster, string flushMessages)
    {
        byte[] settings = ConfigZnode.Encode(new Dictionary<string, string> { ["flush.messages"] = flushMessages });
        ICoordinationSession session = cluster.Membership.Znodes.Session;
        if ((await session.Create(ZnodePaths.TopicConfig("t"), settings)).Code == Code.NodeExists)
        {
            (await session.SetData(ZnodePaths.TopicConfig("t"), settings)).Code.ShouldBe(Code.Ok);
        }
    }
}
