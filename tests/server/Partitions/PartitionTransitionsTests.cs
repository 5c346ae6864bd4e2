using Broker.Protocol;
using Broker.Server.Partitions;
using CsCheck;

namespace Broker.Server.Tests.Partitions;

public class PartitionTransitionsTests
{
    private const int Me = 1;
    private const int LeaderEpoch = 5;

    private static readonly PartitionState Known = PartitionState.Initial with
    {
        LeaderEpoch = LeaderEpoch,
        LeaderId = Me,
        Replicas = [Me, 2, 3],
        PartitionEpoch = 4
    };

    private static PartitionState In(PartitionRole role) => role switch
    {
        PartitionRole.Unassigned => PartitionState.Initial,
        PartitionRole.Leader => PartitionTransitions.Assign(PartitionState.Initial, Told(Me), Me, 100, 0).Next,
        _ => Known with { Role = role },
    };

    private static Assignment Told(int leader, int epoch = LeaderEpoch, bool mine = true)
        => new(leader, epoch, 9, mine ? [Me, 2, 3] : [2, 3], mine ? [Me, 2] : [2], IsNew: false);

    /// <summary>Every role with every event: the expected next role, or the error.</summary>
    [Theory]
    // The controller makes this broker leader in a new epoch.
    [InlineData("Unassigned", "lead", "Leader")]
    [InlineData("Leader", "lead", "Leader")]
    [InlineData("Follower", "lead", "Leader")]
    [InlineData("Offline", "lead", "KafkaStorageError")]
    [InlineData("Stopped", "lead", "UnknownTopicOrPartition")]
    // Another broker leads.
    [InlineData("Unassigned", "follow", "Follower")]
    [InlineData("Leader", "follow", "Follower")]
    [InlineData("Follower", "follow", "Follower")]
    [InlineData("Offline", "follow", "KafkaStorageError")]
    [InlineData("Stopped", "follow", "UnknownTopicOrPartition")]
    // The same epoch again.
    [InlineData("Leader", "repeat", "StaleControllerEpoch")]
    [InlineData("Follower", "repeat", "StaleControllerEpoch")]
    [InlineData("Unassigned", "repeat", "Leader")]
    [InlineData("Offline", "repeat", "KafkaStorageError")]
    [InlineData("Stopped", "repeat", "UnknownTopicOrPartition")]
    // An older epoch.
    [InlineData("Leader", "old", "StaleControllerEpoch")]
    [InlineData("Follower", "old", "StaleControllerEpoch")]
    [InlineData("Offline", "old", "KafkaStorageError")]
    [InlineData("Stopped", "old", "UnknownTopicOrPartition")]
    // An assignment that does not name this broker.
    [InlineData("Unassigned", "foreign", "UnknownTopicOrPartition")]
    [InlineData("Leader", "foreign", "UnknownTopicOrPartition")]
    [InlineData("Follower", "foreign", "UnknownTopicOrPartition")]
    [InlineData("Offline", "foreign", "KafkaStorageError")]
    [InlineData("Stopped", "foreign", "UnknownTopicOrPartition")]
    // The replica stops.
    [InlineData("Unassigned", "stop", "Unassigned")]
    [InlineData("Leader", "stop", "Follower")]
    [InlineData("Follower", "stop", "Follower")]
    [InlineData("Offline", "stop", "Offline")]
    [InlineData("Stopped", "stop", "Stopped")]
    [InlineData("Leader", "stop old", "FencedLeaderEpoch")]
    [InlineData("Follower", "stop old", "FencedLeaderEpoch")]
    // The replica is deleted.
    [InlineData("Unassigned", "delete", "Stopped")]
    [InlineData("Leader", "delete", "Stopped")]
    [InlineData("Follower", "delete", "Stopped")]
    [InlineData("Offline", "delete", "KafkaStorageError")]
    [InlineData("Stopped", "delete", "Stopped")]
    // The disk fails.
    [InlineData("Unassigned", "fail", "Offline")]
    [InlineData("Leader", "fail", "Offline")]
    [InlineData("Follower", "fail", "Offline")]
    [InlineData("Offline", "fail", "Offline")]
    [InlineData("Stopped", "fail", "Stopped")]
    // A follower fetches.
    [InlineData("Unassigned", "fetch", "NotLeaderOrFollower")]
    [InlineData("Leader", "fetch", "Leader")]
    [InlineData("Follower", "fetch", "NotLeaderOrFollower")]
    [InlineData("Offline", "fetch", "NotLeaderOrFollower")]
    [InlineData("Stopped", "fetch", "NotLeaderOrFollower")]
    public void Role_and_event(string role, string what, string expected)
    {
        PartitionState before = In(Enum.Parse<PartitionRole>(role));
        Transition after = what switch
        {
            "lead" => PartitionTransitions.Assign(before, Told(Me, LeaderEpoch + 1), Me, 100, 0),
            "follow" => PartitionTransitions.Assign(before, Told(2, LeaderEpoch + 1), Me, 100, 0),
            "repeat" => PartitionTransitions.Assign(before, Told(Me), Me, 100, 0),
            "old" => PartitionTransitions.Assign(before, Told(Me, LeaderEpoch - 1), Me, 100, 0),
            "foreign" => PartitionTransitions.Assign(before, Told(2, LeaderEpoch + 1, mine: false), Me, 100, 0),
            "stop" => PartitionTransitions.Stop(before, -1, delete: false),
            "stop old" => PartitionTransitions.Stop(before, LeaderEpoch - 1, delete: false),
            "delete" => PartitionTransitions.Stop(before, -2, delete: true),
            "fail" => new Transition(ErrorCode.None, PartitionTransitions.Fail(before)),
            _ => PartitionTransitions.FollowerFetched(before, Fetch(2, 100), 100, 0),
        };

        (after.Applied ? after.Next.Role.ToString() : after.Error.ToString()).ShouldBe(expected);
        after.Next.LeaderEpoch.ShouldBeGreaterThanOrEqualTo(before.LeaderEpoch);
        if (!after.Applied)
        {
            after.Next.ShouldBeSameAs(before);
        }

        if (!after.Next.IsLeader)
        {
            after.Next.Followers.ShouldBeEmpty();
            after.Next.LeaderEpochStartOffset.ShouldBe(-1);
        }
    }

    [Theory]
    [InlineData("Unassigned", "NotLeaderOrFollower", "NotLeaderOrFollower", "NotLeaderOrFollower", "NotLeader")]
    [InlineData("Leader", "None", "None", "None", "Acknowledged")]
    [InlineData("Follower", "NotLeaderOrFollower", "NotLeaderOrFollower", "None", "NotLeader")]
    [InlineData("Offline", "KafkaStorageError", "KafkaStorageError", "KafkaStorageError", "StorageFailed")]
    [InlineData("Stopped", "NotLeaderOrFollower", "NotLeaderOrFollower", "NotLeaderOrFollower", "NotLeader")]
    public void Role_decides_who_may_do_what(string role, string append, string read, string readAnywhere, string acknowledge)
    {
        PartitionState state = In(Enum.Parse<PartitionRole>(role));
        PartitionTransitions.MayAppend(state, 1, 1).ToString().ShouldBe(append);
        PartitionTransitions.MayRead(state, leaderOnly: true).ToString().ShouldBe(read);
        PartitionTransitions.MayRead(state, leaderOnly: false).ToString().ShouldBe(readAnywhere);
        PartitionTransitions.Acknowledge(state, lastOffset: 9, highWatermark: 10, minInSyncReplicas: 1).ToString().ShouldBe(acknowledge);
    }

    [Theory]
    [InlineData(1, -1, "None")]
    [InlineData(2, -1, "None")]
    [InlineData(3, -1, "NotEnoughReplicas")]
    [InlineData(9, -1, "NotEnoughReplicas")] // three replicas at most count
    [InlineData(3, 1, "None")]
    [InlineData(3, 0, "None")]
    public void Acks_all_needs_enough_in_sync_before_anything_is_written(int minIsr, short acks, string expected) =>
        PartitionTransitions.MayAppend(In(PartitionRole.Leader), acks, minIsr).ToString().ShouldBe(expected);

    [Fact]
    public void Acks_all_waits_and_is_checked_again()
    {
        PartitionState leader = In(PartitionRole.Leader);
        PartitionTransitions.Acknowledge(leader, 9, 9, 2).ShouldBe(AckVerdict.Wait);
        PartitionTransitions.Acknowledge(leader, 9, 10, 2).ShouldBe(AckVerdict.Acknowledged);
        PartitionTransitions.Acknowledge(leader, 9, 10, 3).ShouldBe(AckVerdict.TooFewReplicas);
    }

    [Theory]
    [InlineData(-1, "None")]
    [InlineData(LeaderEpoch, "None")]
    [InlineData(LeaderEpoch - 1, "FencedLeaderEpoch")]
    [InlineData(LeaderEpoch + 1, "UnknownLeaderEpoch")]
    public void Client_epochs_are_compared(int epoch, string expected) => PartitionTransitions.CheckEpoch(Known, epoch).ToString().ShouldBe(expected);

    [Fact]
    public void The_high_watermark_is_the_least_of_those_in_sync_and_never_falls()
    {
        PartitionState state = In(PartitionRole.Leader);
        state.LeaderEpochStartOffset.ShouldBe(100);
        High(state, 40, 100).ShouldBe(40); // replica 2 is in sync and has not fetched in this epoch
        state = Fetched(state, 2, 70);
        High(state, 40, 100).ShouldBe(70); // replica 3 was never caught up
        state = Fetched(state, 3, 60);
        High(state, 70, 100).ShouldBe(70);
        state = Fetched(state, 2, 100);
        High(state, 70, 100).ShouldBe(100);
        state = Fetched(state, 3, 100);
        High(state, 100, 120).ShouldBe(100); // both replicas limit it now: 3 has caught up and may join soon
        state = Fetched(state, 2, 120);
        High(state, 100, 120).ShouldBe(100);
        High(state, 100, 120, nowMs: 40_000).ShouldBe(120); // 3 has not fetched for longer than the lag time
        High(state, 100, 120, minIsr: 3).ShouldBe(100); // too few in sync
    }

    [Fact]
    public void Catching_up_counts_from_the_previous_fetch()
    {
        PartitionState state = In(PartitionRole.Leader);
        state = PartitionTransitions.FollowerFetched(state, Fetch(3, 50), 100, nowMs: 1000).Next;
        state.Followers[1].IsCaughtUp(100, 1000, 30_000).ShouldBeFalse();

        // At its next fetch it has all records that the leader had at the previous one, so it was caught up then.
        state = PartitionTransitions.FollowerFetched(state, Fetch(3, 100), 150, nowMs: 2000).Next;
        state.Followers[1].CaughtUpMs.ShouldBe(1000);
        PartitionTransitions.FollowerFetched(state, Fetch(8, 100), 150, 0).Error.ShouldBe(ErrorCode.UnknownLeaderEpoch);
    }

    [Fact]
    public void Whatever_happens_epochs_and_the_high_watermark_never_fall() =>
        Gen.Select(Gen.Int[0, 5], Gen.Int[0, 8], Gen.Long[0, 200]).Array[0, 60].Sample(events =>
        {
            PartitionState state = PartitionState.Initial;
            long high = 0;
            long end = 0;
            foreach ((int what, int number, long offset) in events)
            {
                PartitionState before = state;
                state = what switch
                {
                    0 => PartitionTransitions.Assign(state, Told(number % 2 == 0 ? Me : 2, number), Me, end, offset).Next,
                    1 => PartitionTransitions.Stop(state, number - 2, delete: false).Next,
                    2 or 3 => PartitionTransitions.FollowerFetched(state, Fetch(2 + (number % 2), Math.Min(offset, end)), end, offset).Next,
                    4 when number == 8 => PartitionTransitions.Fail(state),
                    _ => state,
                };
                end += what == 5 && state.IsLeader ? number : 0;
                long next = PartitionTransitions.HighWatermark(state, high, end, end, 1, offset, 30_000);
                if (state.LeaderEpoch < before.LeaderEpoch || next < high || next > end)
                {
                    return false;
                }

                high = next;
            }

            return true;
        }, iter: 2000);

    private static PartitionState Fetched(PartitionState state, int replica, long offset) =>
        PartitionTransitions.FollowerFetched(state, Fetch(replica, offset), Math.Max(100, offset), 0).Next;

    private static long High(PartitionState state, long high, long end, int minIsr = 1, long nowMs = 0) =>
        PartitionTransitions.HighWatermark(state, high, end, end, minIsr, nowMs, 30_000);

    private static FollowerFetch Fetch(int broker, long offset) => new(broker, -1, -1, offset, 0);
}
