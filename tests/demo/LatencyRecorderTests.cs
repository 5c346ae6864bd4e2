using Game.Simulator.Load;

namespace Game.Demo.Tests;

public sealed class LatencyRecorderTests
{
    private const int Writers = 3;
    private const int Each = 100_000;

    [Fact]
    public async Task Percentiles_can_be_read_while_threads_record_and_no_latency_is_lost()
    {
        LatencyRecorder recorder = new();
        Task[] writers = [.. Enumerable.Range(0, Writers).Select(_ => Task.Run(() => Record(recorder)))];
        Task all = Task.WhenAll(writers);
        long before = 0;
        while (!all.IsCompleted)
        {
            Percentiles now = recorder.Read();
            now.Count.ShouldBeGreaterThanOrEqualTo(before);
            (now.P50Ms <= now.P99Ms && now.P99Ms <= now.MaxMs).ShouldBeTrue();
            before = now.Count;
        }

        await all;
        recorder.Read().Count.ShouldBe(Writers * Each);
    }

    [Fact]
    public void A_latency_above_the_maximum_counts_as_the_maximum()
    {
        LatencyRecorder recorder = new();
        recorder.Record(TimeSpan.FromMilliseconds(2));
        recorder.Record(TimeSpan.FromDays(1));
        recorder.Record(TimeSpan.FromMilliseconds(-1));
        Percentiles read = recorder.Read();
        read.Count.ShouldBe(3);
        read.P50Ms.ShouldBe(2, tolerance: 0.01);
        read.MaxMs.ShouldBe(600_000, tolerance: 600);
    }

    private static void Record(LatencyRecorder recorder)
    {
        for (int i = 1; i <= Each; i++)
        {
            recorder.Record(TimeSpan.FromMicroseconds(i));
        }
    }
}
