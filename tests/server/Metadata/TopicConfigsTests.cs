using Broker.Coordination;
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
}
