using System.Threading.Channels;
using CsCheck;

namespace Game.HdfsSink.Tests.Commits;

/// <summary>Several sinks on one partition, their calls interleaved by a seeded scheduler that also kills some of them at any call.</summary>
public sealed class RaceTests
{
    /// <summary>A sink asks for the end of the log before it reads the manifests. Records that another sink commits in between are not lost.</summary>
    [Fact]
    public async Task RecordsThatAnotherSinkCommittedMeanwhileAreNotReportedAsLost()
    {
        World world = new(24, seed: 1);
        HdfsSink.Commits.PartitionState before = world.State() with { LogEnd = 4 };
        await world.RunAsync(world.Hdfs, 3);
        (await world.Sink().OpenAsync(before, world.AskLogEnd, TestContext.Current.CancellationToken)).ShouldBe(world.LogEnd);
    }

    [Fact]
    public async Task TwoSinksCommitEachRecordOnce() =>
        await Gen.Int[0, 1_000_000].SampleAsync(seed => RaceAsync(seed, sinks: 2, killOneIn: int.MaxValue), iter: 200, threads: 1);

    [Fact]
    public async Task ThreeSinksOfWhichSomeAreKilledCommitEachRecordOnce() =>
        await Gen.Int[0, 1_000_000].SampleAsync(seed => RaceAsync(seed, sinks: 3, killOneIn: 15), iter: 200, threads: 1);

    [Fact]
    public async Task AClaimIsLostWhereAnotherSinkDeletedTheStagedManifest()
    {
        World world = new(12, seed: 1);
        CancellationToken token = TestContext.Current.CancellationToken;
        bool raced = false;
        async Task OthersFirst(string call)
        {
            if (raced || call != nameof(world.Hdfs.RenameAsync))
            {
                return;
            }
            raced = true; // just before this sink's claim another sink commits everything, and a restart deletes this sink's files
            await world.RunAsync(world.Hdfs, 5);
            await world.Sink().OpenAsync(world.State(), world.AskLogEnd, token);
        }

        HdfsSink.Commits.Committer sink = world.Sink(new GatedHdfs(world.Hdfs, OthersFirst, () => Task.CompletedTask));
        HdfsSink.Commits.CommitResult result = await sink.CommitAsync(world.Read(await sink.OpenAsync(world.State(), world.AskLogEnd, token), 7), token);
        (result.IsWon, result.Position).ShouldBe((false, world.LogEnd));
        world.ShouldHoldEverythingOnce();
    }

    private static async Task RaceAsync(int seed, int sinks, int killOneIn)
    {
        World world = new(records: 20, seed);
        Random random = new(seed);
        Channel<TaskCompletionSource?> arrivals = Channel.CreateUnbounded<TaskCompletionSource?>();
        List<TaskCompletionSource> waiting = new();
        List<Task> runs = Enumerable.Range(0, sinks).Select(sink => RunAsync(world, arrivals, batch: 3 + sink * 2)).ToList();
        int running = sinks;
        while (running > 0)
        {
            // When each running sink waits at one call, the scheduler chooses the next call.
            while (waiting.Count < running)
            {
                if (await arrivals.Reader.ReadAsync() is { } call)
                {
                    waiting.Add(call);
                }
                else
                {
                    running--;
                }
            }

            if (running == 0)
            {
                break;
            }
            TaskCompletionSource chosen = waiting[random.Next(waiting.Count)];
            waiting.Remove(chosen);
            if (random.Next(killOneIn) == 0)
            {
                chosen.SetException(new KilledException());
            }
            else
            {
                chosen.SetResult();
            }
        }

        await Task.WhenAll(runs);
        await world.RunAsync(world.Hdfs, 4);
        world.ShouldHoldEverythingOnce();
    }

    private static async Task RunAsync(World world, Channel<TaskCompletionSource?> arrivals, int batch)
    {
        Task Arrive()
        {
            TaskCompletionSource call = new(TaskCreationOptions.RunContinuationsAsynchronously);
            arrivals.Writer.TryWrite(call);
            return call.Task;
        }

        try
        {
            await world.RunAsync(new GatedHdfs(world.Hdfs, _ => Arrive(), Arrive), batch);
        }
        catch (KilledException)
        {
            // The scheduler killed this sink.
        }
        finally
        {
            arrivals.Writer.TryWrite(null);
        }
    }
}
