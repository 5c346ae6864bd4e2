using CsCheck;
using Game.HdfsSink.Commits;

namespace Game.HdfsSink.Tests.Commits;

/// <summary>The process is killed before or after each call to HDFS; the next process must finish its work.</summary>
public sealed class CrashTests
{
    private const int Records = 24;
    private const int Batch = 7;

    [Fact]
    public async Task WithoutACrashEachRecordIsInOneFileAndNoStagedFileIsLeft()
    {
        World world = new(Records, seed: 1);
        await world.RunAsync(world.Hdfs, Batch);
        world.ShouldHoldEverythingOnce();
        world.Staged.ShouldBeEmpty();
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task ASinkKilledAtAnyCallLosesAndRepeatsNothing(bool afterwards)
    {
        int crash = 0;
        while (await RunAndKillAsync(new World(Records, seed: 1), crash, afterwards))
        {
            crash++;
        }
        crash.ShouldBeGreaterThan(40); // the kills covered all steps of several commits
    }

    [Fact]
    public async Task ASinkKilledAgainWhileItRecoversLosesAndRepeatsNothing() =>
        await Gen.Select(Gen.Int[0, 60], Gen.Int[0, 30], Gen.Int[0, 30], Gen.Bool, Gen.Int[1, 12], Gen.Int[0, 100])
            .SampleAsync(async (first, second, third, afterwards, batch, seed) =>
            {
                World world = new(Records, seed);
                await KillAsync(world, first, afterwards, batch);
                await KillAsync(world, second, !afterwards, batch + 1);
                await KillAsync(world, third, afterwards, batch + 2);
                await world.RunAsync(world.Hdfs, batch);
                world.ShouldHoldEverythingOnce();
            }, iter: 300, threads: 1);

    [Fact]
    public async Task ARestartDeletesStagedFilesOfClaimedRanges()
    {
        World world = new(Records, seed: 1);
        await KillAsync(world, 12, afterwards: true, Batch);
        await world.RunAsync(world.Hdfs, Batch);
        await world.Sink().OpenAsync(world.State(), world.AskLogEnd, TestContext.Current.CancellationToken);
        world.Staged.ShouldBeEmpty();
    }

    private static async Task<bool> RunAndKillAsync(World world, int crash, bool afterwards)
    {
        bool killed = await KillAsync(world, crash, afterwards, Batch);
        await world.RunAsync(world.Hdfs, Batch + 1);
        world.ShouldHoldEverythingOnce();
        return killed;
    }

    /// <summary>Runs a sink that is killed at its <paramref name="crash"/>-th call; false if it ended before that call.</summary>
    private static async Task<bool> KillAsync(World world, int crash, bool afterwards, int batch)
    {
        int calls = 0;
        Task Before(string call) => calls++ >= crash && (!afterwards || calls > crash + 1) ? throw new KilledException() : Task.CompletedTask;
        Task After() => afterwards && calls > crash ? throw new KilledException() : Task.CompletedTask;
        try
        {
            await world.RunAsync(new GatedHdfs(world.Hdfs, Before, After), batch);
            return false;
        }
        catch (KilledException)
        {
            return true;
        }
    }
}
