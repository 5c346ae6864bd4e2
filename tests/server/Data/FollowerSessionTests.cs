using Broker.Protocol;
using Broker.Protocol.Messages;
using Broker.Server.Partitions;

namespace Broker.Server.Tests.Data;

/// <summary>What a leader concludes from the fetches of a follower's session, which name only what has changed.</summary>
public sealed class FollowerSessionTests : IDisposable
{
    private const int Follower = 2;

    private readonly DataBroker _broker = new();
    private int _sessionId;
    private int _epoch;

    public void Dispose() => _broker.Dispose();

    [Fact]
    public async Task A_fetch_touches_the_partitions_that_it_names_or_that_have_changed_and_no_others()
    {
        const int Count = 2_000;
        await Follow(Count);
        PartitionState[] before = StatesOf(Count);
        await _broker.Append("t", DataBroker.Batch(1), acks: 1, partition: 7);
        _broker.Time.Advance(TimeSpan.FromSeconds(1));
        await Fetch((9, 0));
        await Fetch((7, 1));
        PartitionState[] after = StatesOf(Count);
        Enumerable.Range(0, Count).Where(p => !ReferenceEquals(before[p], after[p])).ShouldBe([7, 9]);
    }

    [Fact]
    public async Task A_follower_that_stood_at_the_end_at_its_last_fetch_has_the_whole_time_to_fetch_what_is_appended()
    {
        await Follow(2);
        await FetchesFor(seconds: 60);
        await _broker.Append("t", DataBroker.Batch(1), acks: 1);
        Shrunk(0).ShouldBeFalse();
        _broker.Time.Advance(TimeSpan.FromSeconds(29));
        Shrunk(0).ShouldBeFalse();
        _broker.Time.Advance(TimeSpan.FromSeconds(2));
        Shrunk(0).ShouldBeTrue();
        Shrunk(1).ShouldBeFalse();
    }

    [Fact]
    public async Task A_follower_that_always_lags_a_little_stays_in_sync_by_the_ends_that_it_reaches_late()
    {
        await Follow(1);
        await FetchesFor(seconds: 60);
        for (int end = 1; end < 6; end++)
        {
            await _broker.Append("t", DataBroker.Batch(1), acks: 1);
            await Fetch((0, end - 1));
            _broker.Time.Advance(TimeSpan.FromSeconds(15));
            Shrunk(0).ShouldBeFalse();
        }
    }

    [Fact]
    public async Task A_follower_that_has_stopped_fetching_lags_as_soon_as_the_leader_appends()
    {
        await Follow(1);
        await FetchesFor(seconds: 10);
        _broker.Time.Advance(TimeSpan.FromSeconds(31));
        Shrunk(0).ShouldBeFalse();
        await _broker.Append("t", DataBroker.Batch(1), acks: 1);
        Shrunk(0).ShouldBeTrue();
    }

    [Fact]
    public async Task The_fetches_of_a_session_say_nothing_of_a_partition_that_it_has_forgotten()
    {
        await Follow(2);
        FetchRequest forget = Request();
        forget.ForgottenTopicsData = [new() { Topic = "t", Partitions = [1] }];
        await Send(forget);
        await FetchesFor(seconds: 31);
        await _broker.Append("t", DataBroker.Batch(1), acks: 1, partition: 0);
        await _broker.Append("t", DataBroker.Batch(1), acks: 1, partition: 1);
        Shrunk(0).ShouldBeFalse();
        Shrunk(1).ShouldBeTrue();
    }

    [Fact]
    public async Task A_replica_out_of_sync_joins_with_a_fetch_that_does_not_name_the_partition()
    {
        _broker.Dead.Add(Follower);
        await Follow(1, isr: [DataBroker.Id]);
        _broker.Proposals.ShouldBeEmpty();
        _broker.Dead.Clear();
        await Fetch();
        IsrProposal refused = _broker.Proposals.ShouldHaveSingleItem();
        _broker["t"].ProposalAnswered(refused, new IsrAnswer(ErrorCode.IneligibleReplica));
        await Fetch();
        _broker.Proposals.Count.ShouldBe(2);
    }

    [Fact]
    public async Task A_partition_that_the_leader_gets_while_the_fetch_waits_is_noted_with_the_next_fetch()
    {
        await Follow(1);
        FetchRequest early = Request();
        early.Topics = [new() { Topic = "new", Partitions = [new() { Partition = 0, PartitionMaxBytes = 1_000_000 }] }];
        (early.MaxWaitMs, early.MinBytes) = (500, 1);
        Task<FetchResponse> waiting = Send(early);
        waiting.IsCompleted.ShouldBeFalse("a partition that is not known yet");
        _broker.Create("new", partitions: 1, replicas: [DataBroker.Id, Follower]);
        _broker.Time.Advance(TimeSpan.FromMilliseconds(500));
        await waiting;
        await Fetch();
        _broker["new"].State.Followers.ShouldHaveSingleItem().LogEndOffset.ShouldBe(0);
    }

    [Fact]
    public async Task A_replica_that_leaves_the_in_sync_replicas_while_its_fetch_waits_joins_again_with_the_next_fetch()
    {
        await Follow(1);
        await _broker.Append("t", DataBroker.Batch(1), acks: 1);
        _broker.Time.Advance(TimeSpan.FromSeconds(31));
        Shrunk(0).ShouldBeTrue();
        FetchRequest caughtUp = Request((0, 1));
        (caughtUp.MaxWaitMs, caughtUp.MinBytes) = (500, 1);
        Task<FetchResponse> waiting = Send(caughtUp);
        IsrProposal proposal = _broker.Proposals[0];
        _broker["t"].ProposalAnswered(proposal, new IsrAnswer(ErrorCode.None, proposal.LeaderEpoch, proposal.PartitionEpoch + 1, [DataBroker.Id]));
        _broker["t"].State.Isr.ShouldBe([DataBroker.Id]);
        _broker.Time.Advance(TimeSpan.FromMilliseconds(500));
        await waiting;
        await Fetch();
        _broker.Proposals.Count.ShouldBe(2);
    }

    [Fact]
    public async Task A_replica_out_of_sync_gets_no_records_while_its_quota_is_used_up_and_one_in_sync_gets_them()
    {
        _broker.Create("late", partitions: 1, replicas: [DataBroker.Id, Follower], isr: [DataBroker.Id]);
        await Follow(1);
        _broker.Quota.SetRate(100);
        _broker.Quota.SetThrottled("t", null);
        _broker.Quota.SetThrottled("late", new HashSet<int> { 0 });
        await _broker.Append("t", DataBroker.Batch(1, valueBytes: 2000), acks: 1);
        await _broker.Append("late", DataBroker.Batch(1, valueBytes: 2000), acks: 1);
        RecordsIn(await Fetch((0, 0))).ShouldBe([("t", 1)]);
        FetchRequest both = Request((0, 1));
        both.Topics = [.. both.Topics, new() { Topic = "late", Partitions = [new() { Partition = 0, PartitionMaxBytes = 1_000_000 }] }];
        (both.MaxWaitMs, both.MinBytes) = (500, 1);
        Task<FetchResponse> waiting = Send(both);
        waiting.IsCompleted.ShouldBeFalse();
        await _broker.Append("late", DataBroker.Batch(1), acks: 1);
        waiting.IsCompleted.ShouldBeFalse();
        await _broker.Append("t", DataBroker.Batch(1, valueBytes: 2000), acks: 1);
        RecordsIn(await waiting).ShouldBe([("late", 0), ("t", 1)]);

        // The bytes of the one in sync have counted; when they are forgotten, the other one gets its records.
        _broker.Time.Advance(TimeSpan.FromSeconds(11));
        RecordsIn(await Fetch((0, 2))).ShouldContain(("late", 2));
    }

    /// <summary>Has the follower fetch so many empty partitions for the first time.</summary>
    private async Task Follow(int partitions, int[]? isr = null)
    {
        _broker.Create("t", partitions, replicas: [DataBroker.Id, Follower], isr: isr);
        (int, long)[] all = [.. Enumerable.Range(0, partitions).Select(p => (p, 0L))];
        _sessionId = (await Fetch(all)).SessionId;
        _sessionId.ShouldBePositive();
        await Fetch();
    }

    private static (string Topic, int Records)[] RecordsIn(FetchResponse response) =>
        [.. response.Responses.SelectMany(topic => topic.Partitions.Select(data => (topic.Topic, DataBroker.OffsetsIn(data).Length))).Order()];

    private PartitionState[] StatesOf(int partitions) => [.. Enumerable.Range(0, partitions).Select(p => _broker["t", p].State)];

    private async Task FetchesFor(int seconds)
    {
        for (int i = 0; i < seconds; i++)
        {
            _broker.Time.Advance(TimeSpan.FromSeconds(1));
            await Fetch();
        }
    }

    /// <summary>Whether the leader now proposes the in-sync replicas without the follower.</summary>
    private bool Shrunk(int partition)
    {
        _broker["t", partition].ShrinkIsr();
        return _broker.Proposals.Any(proposal => proposal.Name.Partition == partition);
    }

    private Task<FetchResponse> Fetch(params (int Partition, long Offset)[] partitions) => Send(Request(partitions));

    private FetchRequest Request(params (int Partition, long Offset)[] partitions) => new()
    {
        ReplicaId = Follower,
        SessionId = _sessionId,
        SessionEpoch = _epoch++,
        MaxBytes = 1_000_000,
        Topics = partitions.Length == 0
            ? []
            :
            [
                new()
                {
                    Topic = "t",
                    Partitions = [.. partitions.Select(p => new FetchRequest.FetchPartition
                    {
                        Partition = p.Partition, FetchOffset = p.Offset, PartitionMaxBytes = 1_000_000,
                    })],
                },
            ],
    };

    private async Task<FetchResponse> Send(FetchRequest request)
    {
        FetchResponse response = (await _broker.Send(_broker.Fetch, request, version: 12))!;
        response.ErrorCode.ShouldBe((short)0);
        return response;
    }
}
