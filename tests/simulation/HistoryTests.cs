using System.Collections.Concurrent;
using System.Globalization;
using Broker.Simulation.Tests.Cluster;

namespace Broker.Simulation.Tests;

/// <summary>Histories of a cluster by seed: a smoke test by default, more with <c>./game test --simulate N</c>. A failing seed is in the message.</summary>
public sealed class HistoryTests
{
    private const int SmokeHistories = 4;

    private static int Histories => Given("GAME_SIMULATE") ?? SmokeHistories;

    [Fact]
    public void Nothing_acknowledged_or_read_is_lost_in_any_history() => RunAll(Crashes.OfProcesses);

    [Fact]
    public void Nothing_that_was_flushed_is_lost_where_the_power_of_all_brokers_fails() => RunAll(Crashes.OfPower);

    [Fact]
    public async Task Equal_seeds_give_equal_histories_in_one_process_and_in_two()
    {
        string trace = TraceOf(7);
        if (Environment.GetEnvironmentVariable(OtherProcess.TraceFile) is { } file)
        {
            await File.WriteAllTextAsync(file, trace);
            return;
        }

        TraceOf(7).ShouldBe(trace);
        (await OtherProcess.TraceOf($"*.{nameof(Equal_seeds_give_equal_histories_in_one_process_and_in_two)}")).ShouldBe(trace);
    }

    private static string TraceOf(int seed)
    {
        History history = new(seed);
        history.Run();
        return $"{history.Trace:X16} {history.Steps}";
    }

    private static void RunAll(Crashes crashes)
    {
        int first = Given("GAME_SEED") ?? 1;
        ConcurrentQueue<string> failures = [];
        int fromFollowers = 0;
        // Each history runs on one thread; several run beside each other.
        ParallelOptions options = new() { MaxDegreeOfParallelism = Environment.ProcessorCount };
        Parallel.For(first, first + Histories, options, seed =>
        {
            History history = new(seed, crashes);
            try
            {
                history.Run();
                history.Acknowledged.ShouldBeGreaterThan(0, $"seed {seed}");
                history.Commits.ShouldBeGreaterThan(0, $"seed {seed}");
                Interlocked.Add(ref fromFollowers, history.FromFollowers);
            }
            catch (HistoryFailedException failure)
            {
                failures.Enqueue(failure.Message);
            }
        });
        failures.ShouldBeEmpty($"{failures.Count} of {Histories} histories fail");
        if (Histories >= SmokeHistories)
        {
            fromFollowers.ShouldBeGreaterThan(0, "consumers read from followers");
        }
    }

    private static int? Given(string variable) =>
        int.TryParse(Environment.GetEnvironmentVariable(variable), NumberStyles.None, CultureInfo.InvariantCulture, out int number) ? number : null;
}
