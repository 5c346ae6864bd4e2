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

    [Fact]
    public async Task The_settings_of_all_topics_are_asked_for_before_the_first_is_answered()
    {
        await using OneBrokerCluster cluster = await OneBrokerCluster.Start();
        foreach (string topic in new[] { "a", "b", "c" })
        {
            await cluster.CreateTopic(topic, 1, ("retention.ms", "5"));
        }
        TopicConfigs topics = new(cluster.Membership.Znodes, cluster.Membership.Brokers);
        cluster.Link.HoldReads();
        Task load = topics.Load();
        (await cluster.Link.HaveCome(3)).ShouldBeTrue();
        cluster.Link.AnswerReads();
        await load;
        new[] { "a", "b", "c" }.ShouldAllBe(topic => topics.LogConfigOf(topic).RetentionMs == 5);
    }

    [Fact]
    public async Task Settings_that_are_read_anew_while_all_are_read_stay()
    {
        await using OneBrokerCluster cluster = await OneBrokerCluster.Start();
        await Write(cluster, "1");
        TopicConfigs topics = new(cluster.Membership.Znodes, cluster.Membership.Brokers);
        await topics.Load();
        cluster.Link.HoldReads();
        Task load = topics.Load();
        (await cluster.Link.HaveCome(1)).ShouldBeTrue();
        topics.Forget("t");
        cluster.Link.AnswerReads();
        await load;
        topics.OverridesOf("t").ShouldBeEmpty();
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
