using System.Collections.Immutable;
using Broker.Protocol;
using Broker.Server.Partitions;
using Broker.Storage;
using Broker.Storage.Logs;

namespace Broker.Server.Tests.Partitions;

/// <summary>Who is in sync, and where a follower cuts its log; pure decisions.</summary>
public sealed class IsrTransitionsTests
{
    private const int Leader = 1;
    private const int Epoch = 5;
    private const long Start = 100;
    private const long MaxLagMs = 30_000;

    [Theory]
    [InlineData(99, 50, false)] // lacks records from before this epoch
    [InlineData(100, 50, true)]
    [InlineData(119, 120, false)] // lacks records that consumers have read
    [InlineData(120, 120, true)]
    public void A_follower_joins_when_it_has_all_records_that_count(long fetched, long highWatermark, bool joins)
    {
        PartitionState state = Fetched(Led([Leader, 2]), 3, fetched);
        PartitionState? proposed = PartitionTransitions.WithJoining(state, 3, highWatermark);
        (proposed is not null).ShouldBe(joins);
        if (joins)
        {
            proposed!.ProposedIsr.ShouldBe([Leader, 2, 3]);
            proposed.Isr.ShouldBe([Leader, 2]);
            proposed.MaximalIsrSize.ShouldBe(3);
            proposed.IsInMaximalIsr(3).ShouldBeTrue();
        }
    }

    [Fact]
    public void One_change_is_in_flight_at_a_time()
    {
        PartitionState proposed = PartitionTransitions.WithJoining(Fetched(Led([Leader]), 3, 200), 3, 0).ShouldNotBeNull();
        PartitionTransitions.WithJoining(Fetched(proposed, 2, 200), 2, 0).ShouldBeNull();
        PartitionTransitions.WithoutLagging(proposed with { Isr = [Leader, 2] }, 300, 60_000, MaxLagMs).ShouldBeNull();
    }

    [Fact]
    public void Replicas_that_lag_too_long_leave_and_the_leader_never_does()
    {
        PartitionState state = Fetched(Led([Leader, 2, 3]), 2, 200, end: 200, nowMs: 50_000);
        PartitionState shrunk = PartitionTransitions.WithoutLagging(state, 300, 60_000, MaxLagMs).ShouldNotBeNull();
        shrunk.ProposedIsr.ShouldBe([Leader, 2]);
        PartitionTransitions.WithoutLagging(state, 300, 85_000, MaxLagMs).ShouldNotBeNull().ProposedIsr.ShouldBe([Leader]);
        PartitionTransitions.WithoutLagging(state, 300, 20_000, MaxLagMs).ShouldBeNull();
    }

    [Fact]
    public void While_a_change_is_in_flight_the_high_watermark_waits_for_the_old_and_the_new_members()
    {
        PartitionState state = Fetched(Fetched(Led([Leader, 2]), 2, 150), 3, 120);
        PartitionState joining = PartitionTransitions.WithJoining(state, 3, 110).ShouldNotBeNull();
        High(joining, 110).ShouldBe(120);
        PartitionState leaving = state with { Isr = [Leader, 2, 3], ProposedIsr = [Leader, 2] };
        High(leaving, 110).ShouldBe(120);
    }

    [Fact]
    public void An_accepted_proposal_holds_and_an_overtaken_answer_changes_nothing()
    {
        PartitionState proposed = PartitionTransitions.WithJoining(Fetched(Led([Leader]), 2, 200), 2, 0).ShouldNotBeNull();
        IsrProposal proposal = Proposal(proposed);
        PartitionState accepted = PartitionTransitions.ProposalAnswered(proposed, proposal, new IsrAnswer(ErrorCode.None, Epoch, 8, [Leader, 2]));
        accepted.Isr.ShouldBe([Leader, 2]);
        accepted.PartitionEpoch.ShouldBe(8);
        accepted.ProposedIsr.ShouldBeEmpty();
        PartitionTransitions.ProposalAnswered(accepted, proposal, new IsrAnswer(ErrorCode.None, Epoch, 7, [Leader])).ShouldBe(accepted);
        PartitionState newer = proposed with { LeaderEpoch = Epoch + 1 };
        PartitionTransitions.ProposalAnswered(newer, proposal, new IsrAnswer(ErrorCode.None, Epoch, 8, [Leader, 2])).ShouldBe(newer);
    }

    [Theory]
    [InlineData(ErrorCode.IneligibleReplica, true)]
    [InlineData(ErrorCode.OperationNotAttempted, true)]
    [InlineData(ErrorCode.FencedLeaderEpoch, false)]
    [InlineData(ErrorCode.InvalidUpdateVersion, false)]
    public void After_a_refusal_the_leader_proposes_again_only_where_the_members_were_the_reason(ErrorCode error, bool mayProposeAgain)
    {
        PartitionState proposed = PartitionTransitions.WithJoining(Fetched(Led([Leader]), 2, 200), 2, 0).ShouldNotBeNull();
        PartitionState after = PartitionTransitions.ProposalAnswered(proposed, Proposal(proposed), new IsrAnswer(error));
        after.ProposedIsr.IsEmpty.ShouldBe(mayProposeAgain);
        after.Isr.ShouldBe([Leader]);
    }

    [Fact]
    public void A_fetch_of_a_former_life_or_of_another_epoch_does_not_count()
    {
        PartitionState state = PartitionTransitions.FollowerFetched(Led([Leader]), new FollowerFetch(2, 40, Epoch, 150, 0), 200, 0).Next;
        PartitionTransitions.FollowerFetched(state, new FollowerFetch(2, 39, Epoch, 200, 0), 200, 0).Error.ShouldBe(ErrorCode.NotLeaderOrFollower);
        PartitionTransitions.FollowerFetched(state, new FollowerFetch(2, 40, Epoch - 1, 200, 0), 200, 0).Error.ShouldBe(ErrorCode.FencedLeaderEpoch);
        PartitionTransitions.FollowerFetched(state, new FollowerFetch(2, 40, Epoch + 1, 200, 0), 200, 0).Error.ShouldBe(ErrorCode.UnknownLeaderEpoch);
        PartitionTransitions.FollowerFetched(state, new FollowerFetch(2, 41, Epoch, 90, 0), 200, 0).Next.Followers[0].LogEndOffset.ShouldBe(90);
    }

    [Theory]
    [InlineData(-1, -1, -1, -1, 60)] // the leader has no epochs: back to what is committed
    [InlineData(-1, 80, -1, -1, 80)]
    [InlineData(3, 80, 3, 90, 80)] // the epoch is longer here than there
    [InlineData(3, 95, 3, 90, 90)]
    [InlineData(3, 80, 2, 70, 70)] // this log has no such epoch: the end of the one before, then the next fetch shows more
    [InlineData(3, 300, 3, 250, 100)] // never beyond the log's end
    public void A_follower_cuts_where_the_logs_agree(int epoch, long end, int ownEpoch, long ownEnd, long expected) =>
        PartitionTransitions.TruncationOffset(new EpochEnd(epoch, end), new EpochEnd(ownEpoch, ownEnd), 100, 60).ShouldBe(expected);

    private static PartitionState Led(ImmutableArray<int> isr) => PartitionTransitions.Assign(
        PartitionState.Initial, new Assignment(Leader, Epoch, 7, [Leader, 2, 3], isr, IsNew: false), Leader, Start, nowMs: 0).Next;

    private static PartitionState Fetched(PartitionState state, int broker, long offset, long end = 200, long nowMs = 0) =>
        PartitionTransitions.FollowerFetched(state, new FollowerFetch(broker, -1, -1, offset, 0), end, nowMs).Next;

    private static long High(PartitionState state, long highWatermark) =>
        PartitionTransitions.HighWatermark(state, highWatermark, 200, 200, minInSyncReplicas: 1, nowMs: 100_000, MaxLagMs);

    private static IsrProposal Proposal(PartitionState state) =>
        new(new TopicPartition("t", 0), Guid.NewGuid(), state.LeaderEpoch, state.PartitionEpoch, [.. state.ProposedIsr.Select(id => new IsrMember(id, -1))]);
}
