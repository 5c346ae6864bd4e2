using Broker.Server.Scheduling;
using Broker.Server.Tests.Scheduling;
using Broker.Protocol;
using Broker.Server.Groups.Requests;
using Broker.Server.Groups.Shards;
using Broker.Server.Groups.State;

namespace Broker.Server.Tests.Groups;

/// <summary>The loops under the groups.</summary>
public class ShardTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    [Fact]
    public async Task A_disk_that_stalls_holds_up_commits_but_no_heartbeat()
    {
        using ManualResetEventSlim disk = new();
        using Stage stage = new(onPool: true);
        stage.Log.BeforeAppend = () => disk.Wait(Patience);
        GroupCast group = stage.Group();
        Actor actor = new("a", instanceId: null);
        Task<JoinResult> joining = stage.Coordinator.Submit(Stage.GroupId, group.Joining(actor, modern: false));
        await stage.Coordinator.List().WaitAsync(Patience, TestContext.Current.CancellationToken);
        stage.Pass(0.1);
        JoinResult joined = await joining.WaitAsync(Patience, TestContext.Current.CancellationToken);
        (actor.Id, actor.Generation) = (joined.MemberId, joined.Generation);
        Task<SyncResult> syncing = stage.Coordinator.Submit(Stage.GroupId, GroupCast.Syncing(actor));
        Task<IReadOnlyList<ErrorCode>> committing = stage.Coordinator.Submit("other", stage.Committing("topic", 1));
        for (int i = 0; i < 10; i++)
        {
            Task<ErrorCode> beat = stage.Coordinator.Submit(Stage.GroupId, new MemberHeartbeatRequest(1, actor.Id, null));
            (await beat.WaitAsync(Patience, TestContext.Current.CancellationToken)).ShouldBe(ErrorCode.None);
        }

        syncing.IsCompleted.ShouldBeFalse();
        committing.IsCompleted.ShouldBeFalse();
        disk.Set();
        (await syncing.WaitAsync(Patience, TestContext.Current.CancellationToken)).Error.ShouldBe(ErrorCode.None);
        (await committing.WaitAsync(Patience, TestContext.Current.CancellationToken)).ShouldBe([ErrorCode.None]);
    }

    [Fact]
    public void A_log_that_throws_leaves_nobody_without_an_answer()
    {
        using Stage stage = new();
        stage.Log.BeforeAppend = () => throw new InvalidOperationException("a bug");
        stage.Commit("topic", 1).ShouldBe(ErrorCode.UnknownServerError);
        stage.Log.BeforeAppend = null;
        stage.Commit("topic", 2).ShouldBe(ErrorCode.None);
    }

    [Fact]
    public void Turns_run_one_after_the_other_in_order_and_a_bug_in_one_stops_none()
    {
        List<int> ran = [];
        List<Exception> failures = [];
        Mailbox mailbox = new(new InlineScheduler(), failures.Add);
        mailbox.Post(() =>
        {
            mailbox.Post(() => ran.Add(2));
            ran.Add(1);
            throw new InvalidOperationException("a bug");
        });
        mailbox.Post(() => ran.Add(3));
        ran.ShouldBe([1, 2, 3]);
        failures.Count.ShouldBe(1);
    }

    [Fact]
    public async Task Many_posters_lose_no_turn()
    {
        const int Posters = 4;
        const int Turns = 5_000;
        int ran = 0;
        TaskCompletionSource done = new(TaskCreationOptions.RunContinuationsAsynchronously);
        Mailbox mailbox = new(PoolScheduler.Instance, done.SetException);
        void Turn()
        {
            // Not interlocked: turns never overlap.
            if (++ran == Posters * Turns)
            {
                done.SetResult();
            }
        }

        await Task.WhenAll(Enumerable.Range(0, Posters).Select(_ => Task.Run(() =>
        {
            for (int i = 0; i < Turns; i++)
            {
                mailbox.Post(Turn);
            }
        })));
        await done.Task.WaitAsync(Patience, TestContext.Current.CancellationToken);
    }
}
