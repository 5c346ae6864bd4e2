using Broker.Protocol;
using Broker.Protocol.Messages;
using Broker.Server.InterBroker;
using Broker.Server.Partitions;
using Broker.Server.Replication;
using Broker.Server.Scheduling;
using Broker.Server.Tests.Data;
using Broker.Storage;
using Broker.Storage.Files;
using Microsoft.Extensions.Logging.Abstractions;

namespace Broker.Server.Tests.Replication;

/// <summary>A broker that follows another one: both are whole but for sockets, controller and clock.</summary>
public sealed class FollowerTests : IAsyncDisposable
{
    private const int LeaderId = DataBroker.Id;
    private const int FollowerId = 2;

    /// <summary>The clocks run fast here, and threads do not.</summary>
    private const int AnHour = 3_600_000;

    private static readonly int[] Both = [LeaderId, FollowerId];

    private readonly DataBroker _leader = new();
    private readonly DataBroker _follower = new(id: FollowerId);
    private readonly PeerConnections _peer;
    private readonly ReplicationQuota _quota;
    private readonly ReplicaFetchers _fetchers;

    public FollowerTests()
    {
        _peer = new PeerConnections(_leader);
        _quota = new ReplicationQuota(samples: 11, sampleMs: 1000, _follower.Time);
        ReplicationSettings settings = new("PLAINTEXT", 1, 500, 1, 10 << 20, 1 << 20, TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(30));
        _fetchers = new ReplicaFetchers(new ReplicationServices(
            settings, FollowerId, () => 20, name => _follower.Table.Find(name.Topic, name.Partition), _follower.Metadata, _peer,
            InterBrokerVersions.Of("3.9"), _quota, PoolScheduler.Instance, _follower.Wheel, _follower.Time, NullLogger.Instance));
        _follower.Listeners.Add(_fetchers);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_follower_copies_the_leaders_records_and_its_high_watermark_follows(bool hasTopicId)
    {
        Guid id = hasTopicId ? DataBroker.IdOf("t") : Guid.Empty;
        _leader.Assign("t", 1, LeaderId, Both, Both, epoch: 1, id);
        await Append("t", 3);
        _follower.Assign("t", 1, LeaderId, Both, Both, epoch: 1, id);
        await Holds(() => Replica("t").Log!.LogEndOffset == 3);
        Task<ProduceResponse.PartitionProduceResponse> acknowledged = _leader.Append("t", DataBroker.Batch(2), timeoutMs: AnHour);
        await Holds(() => acknowledged.IsCompleted);
        (await acknowledged).ErrorCode.ShouldBe((short)0);
        await Holds(() => Replica("t").Log!.HighWatermark == 5);
        Bytes(Replica("t")).ShouldBe(Bytes(_leader["t"]));
        _leader.Proposals.ShouldBeEmpty();
    }

    [Fact]
    public async Task A_follower_that_has_caught_up_is_proposed_for_the_in_sync_replicas_with_its_brokers_epoch()
    {
        Lead("t", epoch: 1, isr: [LeaderId]);
        await Append("t", 3);
        Follow("t", epoch: 1);
        await Holds(() => _leader.Proposals.Count > 0);
        IsrProposal proposal = _leader.Proposals.ShouldHaveSingleItem();
        proposal.Members.ShouldBe([new IsrMember(LeaderId, -1), new IsrMember(FollowerId, 20)]);
        _leader["t"].ProposalAnswered(proposal, new IsrAnswer(ErrorCode.None, 1, 1, [.. Both]));
        _leader["t"].State.Isr.ShouldBe(Both);
        _leader["t"].State.PartitionEpoch.ShouldBe(1);
    }

    [Fact]
    public async Task Records_that_the_new_leader_lacks_are_cut_off()
    {
        // This broker led epoch 1 and appended two records that the other one never got.
        _follower.Assign("t", 1, FollowerId, Both, [FollowerId], epoch: 1);
        await _follower.Append("t", DataBroker.Batch(5), acks: 1);
        await CopyTo(_leader, "t", records: 3);
        Lead("t", epoch: 2);
        await Append("t", 4);
        Follow("t", epoch: 2);
        await Holds(() => Replica("t").Log!.LogEndOffset == 7);
        Bytes(Replica("t")).ShouldBe(Bytes(_leader["t"]));
        Replica("t").Log!.Epochs.Entries.ShouldBe(_leader["t"].Log!.Epochs.Entries);
    }

    [Fact]
    public async Task A_follower_that_lacks_what_the_leader_has_deleted_begins_at_the_leaders_start()
    {
        Lead("t", epoch: 1, isr: [LeaderId]);
        await Append("t", 3);
        await Append("t", 3);
        _leader["t"].Maintain(log => log.Roll(0));
        await Append("t", 1);
        _leader["t"].Maintain(log => log.IncrementLogStartOffset(6));
        _leader["t"].Maintain(log => log.DeleteOldSegments(0));
        Follow("t", epoch: 1);
        await Holds(() => Replica("t").Log!.LogEndOffset == 7);
        Replica("t").Log!.LogStartOffset.ShouldBe(6);
        Bytes(Replica("t")).ShouldBe(Bytes(_leader["t"]));
    }

    [Fact]
    public async Task A_leader_that_is_out_of_reach_is_followed_again()
    {
        Lead("t", epoch: 1);
        Follow("t", epoch: 1);
        await Append("t", 1);
        await Holds(() => Replica("t").Log!.LogEndOffset == 1);
        _peer.IsCut = true;
        await Append("t", 1);
        await Append("t", 1);
        _peer.IsCut = false;
        await Holds(() => Replica("t").Log!.LogEndOffset == 3);
    }

    /// <summary>Not every controller tells brokers who is alive before it tells them whom to follow.</summary>
    [Fact]
    public async Task A_leader_whose_address_is_told_later_is_followed_then()
    {
        Lead("t", epoch: 1);
        await Append("t", 1);
        _follower.Table.Apply(new LeaderAndIsrRequest
        {
            ControllerEpoch = 1,
            BrokerEpoch = _follower.BrokerEpoch,
            TopicStates = [new() { TopicName = "t", TopicId = DataBroker.IdOf("t"), PartitionStates = [DataBroker.State(0, LeaderId, 1, Both, Both)] }],
        }).Topics[0].PartitionErrors[0].ErrorCode.ShouldBe((short)0);
        await Pass();
        _peer.Fetches.ShouldBeEmpty();
        Follow("another", epoch: 1); // With it the leader's address comes.
        await Holds(() => Replica("t").Log!.LogEndOffset == 1);
    }

    [Fact]
    public async Task After_the_first_fetch_only_partitions_with_a_new_position_are_named()
    {
        Lead("a", epoch: 1);
        Lead("b", epoch: 1);
        Follow("a", epoch: 1);
        Follow("b", epoch: 1);
        await Append("a", 1);
        await Append("b", 1);
        await Holds(() => Replica("a").Log!.LogEndOffset == 1 && Replica("b").Log!.LogEndOffset == 1);
        int before = _peer.Fetches.Count;
        await Append("a", 1);
        await Holds(() => _peer.Fetches.Skip(before).Any(fetch => fetch.Topics is [{ Partitions: [{ FetchOffset: 2 }] }]));
        _peer.Fetches.Skip(before + 1).ShouldAllBe(fetch => fetch.SessionId != 0 && fetch.SessionEpoch > 0);
    }

    [Fact]
    public async Task A_partition_that_is_not_followed_any_more_is_appended_to_no_more()
    {
        Lead("t", epoch: 1);
        Follow("t", epoch: 1);
        await Append("t", 1);
        await Holds(() => Replica("t").Log!.LogEndOffset == 1);
        _follower.Delete("t", 1);
        Lead("u", epoch: 1);
        Follow("u", epoch: 1);
        await Append("u", 1);
        await Holds(() => Replica("u").Log!.LogEndOffset == 1);
        _peer.Fetches.ShouldContain(fetch => fetch.ForgottenTopicsData.Length == 1 || fetch.SessionEpoch == 0);
    }

    [Fact]
    public async Task With_flush_messages_1_a_record_counts_when_both_have_it_on_the_disk()
    {
        LogConfig durable = new() { FlushMessages = 1 };
        _leader.Create("t", config: durable, replicas: Both, isr: Both);
        _follower.Configure("t", durable);
        int epoch = _leader["t"].State.LeaderEpoch;
        Follow("t", epoch);
        Task<ProduceResponse.PartitionProduceResponse> acknowledged = _leader.Append("t", DataBroker.Batch(2), timeoutMs: AnHour);
        await Holds(() => acknowledged.IsCompleted);
        (await acknowledged).ErrorCode.ShouldBe((short)0);
        _leader["t"].Log!.RecoveryPoint.ShouldBe(2);
        Replica("t").Log!.RecoveryPoint.ShouldBe(2);
    }

    [Fact]
    public async Task With_flush_messages_1_a_follower_whose_flush_fails_does_not_acknowledge()
    {
        LogConfig durable = new() { FlushMessages = 1 };
        _leader.Create("t", config: durable, replicas: Both, isr: Both);
        _follower.Configure("t", durable);
        bool isFull = true;
        int refusals = 0;
        _follower.Disk.BeforeChange = (change, path) =>
        {
            if (isFull && change == FileChange.Sync && path.Contains("leader-epoch", StringComparison.Ordinal))
            {
                refusals++;
                throw new IOException("No space left on device", Shortage.NoSpace);
            }
        };
        Follow("t", _leader["t"].State.LeaderEpoch);
        Task<ProduceResponse.PartitionProduceResponse> acknowledged = _leader.Append("t", DataBroker.Batch(2), timeoutMs: AnHour);
        await Holds(() => refusals > 2);
        Replica("t").Log!.LogEndOffset.ShouldBe(2);
        _peer.Fetches.ShouldAllBe(fetch => !fetch.Topics.Any(topic => topic.Partitions.Any(partition => partition.FetchOffset == 2)));
        acknowledged.IsCompleted.ShouldBeFalse();

        isFull = false;
        await Holds(() => acknowledged.IsCompleted);
        (await acknowledged).ErrorCode.ShouldBe((short)0);
        Replica("t").Log!.RecoveryPoint.ShouldBe(2);
    }

    [Fact]
    public async Task A_follower_begins_with_the_whole_batch_in_which_the_leaders_log_starts()
    {
        Lead("t", epoch: 1, isr: [LeaderId]);
        await Append("t", 3);
        await Append("t", 5);
        _leader["t"].Maintain(log => log.IncrementLogStartOffset(5));
        Follow("t", epoch: 1);
        await Holds(() => Replica("t").Log!.LogEndOffset == 8);
        await Holds(() => Replica("t").Log!.LogStartOffset == 5);
        Bytes(Replica("t")).ShouldBe(Bytes(_leader["t"]));
        await Append("t", 1);
        await Holds(() => Replica("t").Log!.LogEndOffset == 9);
    }

    [Fact]
    public async Task While_its_quota_is_used_up_a_replica_out_of_sync_is_not_fetched_and_one_in_sync_is()
    {
        _quota.SetRate(100);
        _quota.SetThrottled("late", null);
        Lead("t", epoch: 1);
        Follow("t", epoch: 1);
        Lead("late", epoch: 1, isr: [LeaderId]);
        _quota.Record(5_000);
        await Append("late", 1);
        Follow("late", epoch: 1);
        await Append("t", 1);
        await Holds(() => Replica("t").Log!.LogEndOffset == 1);
        Replica("late").Log!.LogEndOffset.ShouldBe(0);
        _peer.Fetches.ShouldAllBe(fetch => !fetch.Topics.Any(topic => topic.TopicId == DataBroker.IdOf("late")));
        await Holds(() => Replica("late").Log!.LogEndOffset == 1);

        // In sync it is fetched whatever the quota says, and its bytes count.
        _quota.SetRate(0);
        await Append("late", 1);
        await Holds(() => Replica("late").Log!.LogEndOffset == 2);
        await Append("late", 1);
        await Holds(() => Replica("late").Log!.LogEndOffset == 3);
        _quota.IsExceeded().ShouldBeTrue();
    }

    public async ValueTask DisposeAsync()
    {
        _leader.Connection.EndClient();
        await _fetchers.DisposeAsync();
        _follower.Dispose();
        _leader.Dispose();
    }

    private static byte[] Bytes(Partition partition)
    {
        using Broker.Storage.Logs.LogSlice slice = partition.Log!.Read(partition.Log.LogStartOffset, int.MaxValue, partition.Log.LogEndOffset, true).Slice!;
        byte[] bytes = new byte[slice.Length];
        slice.ReadAt(0, bytes).ShouldBe(bytes.Length);
        return bytes;
    }

    private Partition Replica(string topic) => _follower[topic];

    private void Lead(string topic, int epoch, int[]? isr = null) =>
        _leader.Assign(topic, 1, LeaderId, Both, isr ?? Both, epoch).ShouldAllBe(error => error == ErrorCode.None);

    private void Follow(string topic, int epoch) =>
        _follower.Assign(topic, 1, LeaderId, Both, Both, epoch).ShouldAllBe(error => error == ErrorCode.None);

    private async Task Append(string topic, int records) =>
        (await _leader.Append(topic, DataBroker.Batch(records), acks: 1)).ErrorCode.ShouldBe((short)0);

    /// <summary>Gives a broker the first records of the follower's log, as it would have fetched them.</summary>
    private Task CopyTo(DataBroker broker, string topic, int records)
    {
        broker.Assign(topic, 1, FollowerId, Both, [FollowerId], epoch: 1);
        byte[] batch = DataBroker.Batch(records);
        Broker.Protocol.Records.BatchHeader.SetBaseOffset(batch, 0);
        Broker.Protocol.Records.BatchHeader.SetPartitionLeaderEpoch(batch, 1);
        FetchPosition position = broker[topic].NextFetch().ShouldNotBeNull();
        broker[topic].AppendAsFollower(position, batch, 0, 0).ShouldBe(ErrorCode.None);
        return Task.CompletedTask;
    }

    /// <summary>Moves the clocks until a condition holds. The fetchers run on the pool meanwhile; after 20 s of these clocks the test fails.</summary>
    private async Task Holds(Func<bool> condition)
    {
        for (int i = 0; i < 1_000 && !condition(); i++)
        {
            await Pass();
        }

        condition().ShouldBeTrue();
    }

    private async Task Pass()
    {
        _leader.Time.Advance(TimeSpan.FromMilliseconds(20));
        _follower.Time.Advance(TimeSpan.FromMilliseconds(20));
        await Task.Delay(TimeSpan.FromMilliseconds(1), TestContext.Current.CancellationToken);
    }
}
