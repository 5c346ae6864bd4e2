using Broker.Server.Controller;
using Broker.Server.Metadata.Znodes;
using CsCheck;

namespace Broker.Server.Tests.Controller;

public sealed class ElectionsTests
{
    private static readonly Func<int, bool> AllLive = _ => true;

    [Fact]
    public void The_first_live_replica_in_sync_leads_and_the_dead_leave()
    {
        Elected elected = Elections.Offline([1, 2, 3], [3, 2, 1], broker => broker != 1, uncleanAllowed: false).ShouldNotBeNull();
        elected.Leader.ShouldBe(2);
        elected.Isr.ShouldBe([3, 2]);
        elected.IsUnclean.ShouldBeFalse();
    }

    [Fact]
    public void Without_a_live_replica_in_sync_only_an_unclean_leader_is_left()
    {
        Elections.Offline([1, 2], [1], broker => broker == 2, uncleanAllowed: false).ShouldBeNull();
        Elected elected = Elections.Offline([1, 2], [1], broker => broker == 2, uncleanAllowed: true).ShouldNotBeNull();
        (elected.Leader, elected.IsUnclean).ShouldBe((2, true));
        elected.Isr.ShouldBe([2]);
    }

    [Fact]
    public void The_preferred_leader_must_live_and_be_in_sync()
    {
        Elections.Preferred([2, 1], [1, 2], AllLive).ShouldNotBeNull().Leader.ShouldBe(2);
        Elections.Preferred([2, 1], [1], AllLive).ShouldBeNull();
        Elections.Preferred([2, 1], [1, 2], broker => broker == 1).ShouldBeNull();
    }

    [Fact]
    public void A_reassigned_partition_is_led_by_one_of_its_targets()
    {
        Elections.Reassign([4, 5], [1, 5], AllLive).ShouldNotBeNull().Leader.ShouldBe(5);
        Elections.Reassign([4, 5], [1], AllLive).ShouldBeNull();
    }

    [Fact]
    public void A_broker_going_down_hands_over_and_leaves()
    {
        Elected elected = Elections.ControlledShutdown([1, 2, 3], [1, 2, 3], AllLive, new HashSet<int> { 1 }).ShouldNotBeNull();
        elected.Leader.ShouldBe(2);
        elected.Isr.ShouldBe([2, 3]);
        Elections.ControlledShutdown([1, 2], [1], AllLive, new HashSet<int> { 1 }).ShouldBeNull();
    }

    [Fact]
    public void A_clean_election_never_leaves_the_in_sync_replicas()
    {
        Gen<int[]> brokers = Gen.Int[0, 5].Array[1, 5].Select(ids => ids.Distinct().ToArray());
        Gen.Select(brokers, brokers, brokers).Sample((replicas, isr, live) =>
        {
            if (Elections.Offline(replicas, isr, live.Contains, uncleanAllowed: false) is not { } elected)
            {
                return;
            }
            isr.ShouldContain(elected.Leader);
            live.ShouldContain(elected.Leader);
            elected.Isr.ShouldContain(elected.Leader);
            elected.Isr.ShouldBeSubsetOf(isr);
        });
    }

    [Fact]
    public void The_last_member_stays_in_sync_but_leads_no_more()
    {
        LeaderAndIsr alone = new(1, 4, [1], false, 2, 7);
        LeaderAndIsr without = ReplicaTransitions.Without(alone, 1, controllerEpoch: 3).ShouldNotBeNull();
        (without.Leader, without.LeaderEpoch, without.ControllerEpoch, without.PartitionEpoch).ShouldBe((-1, 5, 3, 7));
        without.Isr.ShouldBe([1]);
        ReplicaTransitions.Without(alone with { Isr = [1, 2] }, 2, 3).ShouldNotBeNull().Isr.ShouldBe([1]);
        ReplicaTransitions.Without(alone, 9, 3).ShouldBeNull();
    }
}
