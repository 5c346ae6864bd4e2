using Broker.Protocol;
using Broker.Server.Groups.Requests;
using Broker.Server.Groups.State;
using Broker.Storage;

namespace Broker.Server.Tests.Groups;

/// <summary>How offsets grow old (KIP-211).</summary>
public sealed class ExpiryTests : IDisposable
{
    private static readonly GroupLimits Limits = new()
    {
        InitialRebalanceDelayMs = 0, TopicPartitions = 1, OffsetsRetention = TimeSpan.FromMinutes(10), RetentionCheck = TimeSpan.FromMinutes(1),
    };

    private readonly Stage _stage = new(Limits);

    public void Dispose() => _stage.Dispose();

    [Fact]
    public void Without_members_an_offset_lives_from_its_commit()
    {
        _stage.Commit("old", 1);
        Pass(5);
        _stage.Commit("new", 2);
        Pass(6);
        _stage.Committed("old").ShouldBeNull();
        _stage.Committed("new").ShouldBe(2);
        Pass(5);
        _stage.List().ShouldBeEmpty("a group without offsets goes too");
        using Stage next = _stage.Restart(Limits);
        next.Load().List().ShouldBeEmpty();
    }

    [Fact]
    public void A_group_that_had_members_lives_from_their_end()
    {
        GroupCast group = _stage.Group().Join("a", sessionMs: 1_800_000).IsStable(1);
        group.Commit("a", "topic", 1);
        Pass(15);
        _stage.Committed("topic").ShouldBe(1, "its members have subscribed to it");
        group.Leave("a");
        Pass(9);
        _stage.Committed("topic").ShouldBe(1);
        Pass(2);
        _stage.List().ShouldBeEmpty();
        _stage.Log.Records[^1].Value.ShouldBeNull();
    }

    [Fact]
    public void Of_a_stable_group_only_former_topics_go()
    {
        GroupCast group = _stage.Group().Join("a", sessionMs: 1_800_000, metadata: "topic").IsStable(1);
        group.Commit("a", "topic", 1);
        group.Commit("a", "former", 1);
        Pass(11);
        _stage.Committed("topic").ShouldBe(1);
        _stage.Committed("former").ShouldBeNull();
        group.Join("b", sessionMs: 1_800_000);
        group.Commit("a", "former", 1).ShouldBe(ErrorCode.None);
        Pass(4.9);
        _stage.Committed("former").ShouldBe(1);
    }

    [Fact]
    public void Nothing_goes_during_a_rebalance_or_of_unknown_kinds()
    {
        GroupCast group = _stage.Group().Join("a", sessionMs: 1_800_000, rebalanceMs: 1_800_000).IsStable(1);
        group.Commit("a", "former", 1);
        group.Join("b", sessionMs: 1_800_000, rebalanceMs: 1_800_000, modern: false);
        Pass(4);
        _stage.State().ShouldBe("PreparingRebalance");
        _stage.Committed("former").ShouldBe(1);
    }

    [Fact]
    public void An_own_expiry_counts_before_the_brokers_and_outlives_a_restart()
    {
        CommitRequest commit = new(-1, "", null,
            [new OffsetToCommit(new TopicPartition("topic", 0), new CommittedOffset(1, -1, "", _stage.NowMs, _stage.NowMs + (15 * 60_000)))]);
        _stage.Ask(commit);
        Pass(12);
        _stage.Committed("topic").ShouldBe(1);
        using Stage next = _stage.Restart(Limits);
        next.Load().Fetch("topic").Offset!.ExpireMs.ShouldBe(1_700_000_000_000 + (15 * 60_000));
        Pass(4);
        _stage.Committed("topic").ShouldBeNull();
    }

    [Fact]
    public void A_commit_on_its_way_is_spared()
    {
        _stage.Commit("topic", 1);
        Pass(9.9);
        _stage.Log.Holds = true;
        _ = _stage.Coordinator.Submit(Stage.GroupId, _stage.Committing("topic", 2));
        Pass(1);
        _stage.Log.Release();
        _stage.Committed("topic").ShouldBe(2);
    }

    private void Pass(double minutes)
    {
        for (double left = minutes; left > 0; left -= 0.5)
        {
            _stage.Time.Advance(TimeSpan.FromMinutes(Math.Min(left, 0.5)));
        }
        _stage.Pass(0.1);
    }
}
