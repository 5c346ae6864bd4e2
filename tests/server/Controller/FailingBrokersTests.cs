using Broker.Server.Metadata.Znodes;

namespace Broker.Server.Tests.Controller;

/// <summary>Brokers that hang, refuse, answer late or die while the controller has requests for them.</summary>
public sealed class FailingBrokersTests
{
    [Fact]
    public async Task A_broker_that_hangs_delays_neither_the_controller_nor_the_other_brokers()
    {
        await using ControlledCluster cluster = await ControlledCluster.Start(1, 2);
        cluster.Brokers[2].Told();
        cluster.Brokers[2].Fail(Fault.Hangs);
        for (int i = 0; i < 20; i++)
        {
            await cluster.CreateTopic($"t{i}", [1, 2]);
        }
        cluster.Brokers[1].Metadata.Current.Topics.Count.ShouldBe(20);
        cluster.Brokers[2].Metadata.Current.Topics.ShouldBeEmpty();

        cluster.Brokers[2].Recover();
        await cluster.Settle();
        cluster.Brokers[2].Metadata.Current.Topics.Count.ShouldBe(20);
        // One request of each kind was under way; what waited became one more, behind the list of live brokers.
        cluster.Brokers[2].Told().Count(line => line.StartsWith("metadata", StringComparison.Ordinal)).ShouldBeLessThanOrEqualTo(3);
    }

    [Theory]
    [InlineData(Fault.Hangs)]
    [InlineData(Fault.AnswersLate)]
    [InlineData(Fault.LosesAnswers)]
    [InlineData(Fault.Refuses)]
    public async Task When_a_broker_dies_with_a_request_in_flight_others_lead(Fault fault)
    {
        await using ControlledCluster cluster = await ControlledCluster.Start(1, 2);
        await cluster.CreateTopic("t", [2, 1]);
        cluster.Brokers[2].Fail(fault);
        await cluster.CreateTopic("u", [2, 1]);
        await cluster.Brokers[2].Failing;
        await cluster.Kill(2);
        (await cluster.State("t")).Leader.ShouldBe(1);
        (await cluster.State("u")).Leader.ShouldBe(1);

        cluster.Brokers[2].Recover();
        await cluster.StartBroker(2);
        cluster.Brokers[2].Metadata.Current.Partition("u", 0).ShouldNotBeNull().Leader.ShouldBe(1);
    }

    [Fact]
    public async Task A_controller_whose_session_expires_waits_for_no_broker()
    {
        await using ControlledCluster cluster = await ControlledCluster.Start(1, 2);
        cluster.Brokers[2].Fail(Fault.Hangs);
        await cluster.CreateTopic("t", [2, 1]);
        await cluster.Brokers[2].Failing;
        long former = cluster.Epoch(1);
        await cluster.Tree.Expire(cluster.Session(1));
        await cluster.Settle();
        cluster.Epoch(1).ShouldBeGreaterThan(former);
        cluster.Members.Count(id => cluster.Controller(id).IsActive).ShouldBe(1);
    }

    [Fact]
    public async Task A_deletion_that_a_dying_broker_did_not_answer_is_repeated_when_it_returns()
    {
        await using ControlledCluster cluster = await ControlledCluster.Start(1, 2);
        await cluster.CreateTopic("t", [2, 1]);
        cluster.Brokers[2].Fail(Fault.Hangs);
        await cluster.DeleteTopic("t");
        await cluster.Brokers[2].Failing;
        await cluster.Kill(2);
        (await cluster.Znodes.Exists(ZnodePaths.Topic("t"))).ShouldBeTrue();

        cluster.Brokers[2].Recover();
        await cluster.StartBroker(2);
        (await cluster.Znodes.Exists(ZnodePaths.Topic("t"))).ShouldBeFalse();
    }

    [Fact]
    public async Task A_topic_that_is_created_again_while_a_broker_hangs_is_deleted_there_first()
    {
        await using ControlledCluster cluster = await ControlledCluster.Start(1, 2);
        await cluster.CreateTopic("t", [1], [1], [1]);
        cluster.Brokers[2].Told();
        cluster.Brokers[2].Fail(Fault.Hangs);
        await cluster.CreateTopic("u", [1]);
        await cluster.Brokers[2].Failing;
        await cluster.DeleteTopic("t");
        await cluster.CreateTopic("t", [1]);
        cluster.Brokers[2].Recover();
        await cluster.Settle();
        cluster.Brokers[2].Told().ShouldBe(["metadata brokers 1,2 u-0=1", "metadata brokers 1,2 t-0=-2 t-1=-2 t-2=-2", "metadata brokers 1,2 t-0=1"]);
        cluster.Brokers[2].Metadata.Current.Topic("t").ShouldNotBeNull().Partitions.Count.ShouldBe(1);
    }
}
