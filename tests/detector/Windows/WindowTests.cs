using System.Runtime.CompilerServices;
using CsCheck;
using Game.Contracts;
using Game.Detector.Arithmetic;
using Game.Detector.Windows;

namespace Game.Detector.Tests.Windows;

public class WindowTests
{
    [Fact]
    public void An_event_and_a_player_are_small()
    {
        Unsafe.SizeOf<WindowEvent>().ShouldBe(32);
        Unsafe.SizeOf<PlayerState>().ShouldBeLessThanOrEqualTo(2_900);
    }

    [Fact]
    public void The_ring_keeps_the_last_thirty_in_order() => Gen.Int[0, 100].Sample(pushed =>
    {
        EventRing ring = new();
        for (int i = 1; i <= pushed; i++)
        {
            ring.Push(Id(i), (ulong)i, new WindowEvent { Ts = i });
        }

        ring.Count.ShouldBe(Math.Min(pushed, 30));
        for (int age = 0; age < ring.Count; age++)
        {
            ring.FromNewest(age).Ts.ShouldBe(pushed - age);
            ring.AgeOf(Id(pushed - age)).ShouldBe(age);
        }

        for (int i = 0; i <= pushed; i++)
        {
            ring.HasContent((ulong)i).ShouldBe(i > 0 && i > pushed - 30);
            (ring.AgeOf(Id(i)) >= 0).ShouldBe(i > 0 && i > pushed - 30);
        }
    });

    [Fact]
    public void Median_and_deviation_are_exact() => Gen.Int[-100_000, 100_000].Array[1, 30].Sample(values =>
    {
        RobustRange range = RobustRange.Of([.. values]);
        range.Count.ShouldBe(values.Length);
        range.Median.ShouldBe(Middle(values));
        range.Deviation.ShouldBe(Middle([.. values.Select(value => Math.Abs(value - range.Median))]));
    });

    [Fact]
    public void Scales_have_a_floor()
    {
        RobustRange range = RobustRange.Of([10, 10, 10]);
        range.ScalesAbove(30, floor: 10).ShouldBe(2);
    }

    [Fact]
    public void The_histogram_keeps_proportions_when_it_overflows()
    {
        Log2Histogram histogram = default(Log2Histogram);
        for (int i = 0; i < 3_000; i++)
        {
            histogram.Add(i % 3 == 0 ? 1_000 : 10);
        }
        histogram.Total.ShouldBeInRange(100, 400);
        histogram.UpperEdge(60).ShouldBe(FixedLog2.Of(16), "10 lies in [8, 16), whose upper edge is 2^4");
        histogram.UpperEdge(95).ShouldBe(FixedLog2.Of(1024), "1000 lies in [512, 1024)");
        histogram.Halve(9);
        histogram.Total.ShouldBe(0);
        histogram.UpperEdge(95).ShouldBe(0);
    }

    [Fact]
    public void Buckets_are_powers_of_two()
    {
        Log2Histogram.BucketOf(0).ShouldBe(0);
        Log2Histogram.BucketOf(1).ShouldBe(1);
        Log2Histogram.BucketOf(7).ShouldBe(3);
        Log2Histogram.BucketOf(8).ShouldBe(4);
        Log2Histogram.BucketOf(ContractLimits.MaxGold).ShouldBe(54);
        Log2Histogram.BucketOf(long.MinValue).ShouldBe(54);
    }

    [Fact]
    public void Entries_used_often_outlive_entries_used_once()
    {
        Span<FamiliarEntry> table = stackalloc FamiliarEntry[4];
        table.Clear();
        for (uint minute = 1; minute < 200; minute++)
        {
            FamiliarTable.Use(table, 7, minute);
            FamiliarTable.Use(table, 8, minute);
            FamiliarTable.Use(table, 1_000 + minute, minute);
        }

        FamiliarTable.Find(table, 7).ShouldBe(0);
        FamiliarTable.Find(table, 8).ShouldBe(1);
        FamiliarTable.Find(table, 1_199).ShouldBeGreaterThan(0);
        FamiliarTable.Find(table, 1_100).ShouldBe(-1);
        table[0].FirstMinute.ShouldBe(1u);
        table[0].LastMinute.ShouldBe(199u);
    }

    [Fact]
    public void The_highest_rating_of_a_range_stays_and_the_lowest_is_replaced()
    {
        const uint Day = 24 * 60;
        Span<RatedLogin> table = stackalloc RatedLogin[3];
        table.Clear();
        RatedLogins.Remember(table, new RatedLogin { Network = 1, Minute = 1_000, Risk = 200 }, Day);
        RatedLogins.Remember(table, new RatedLogin { Network = 1, Minute = 1_001, Risk = 3 }, Day);
        table[RatedLogins.Find(table, 1)].Risk.ShouldBe((byte)200);
        for (ulong network = 2; network < 50; network++)
        {
            RatedLogins.Remember(table, new RatedLogin { Network = network, Minute = 1_000 + (uint)network, Risk = 20 }, Day);
        }
        table[RatedLogins.Find(table, 1)].Risk.ShouldBe((byte)200);
        RatedLogins.Find(table, 49).ShouldBeGreaterThanOrEqualTo(0);
        RatedLogins.Find(table, 3).ShouldBe(-1);
        RatedLogins.Remember(table, new RatedLogin { Network = 1, Minute = 1_001 + Day, Risk = 3 }, Day);
        table[RatedLogins.Find(table, 1)].Risk.ShouldBe((byte)3, "the higher one does not count any more");
    }

    [Fact]
    public void The_baseline_is_halved_once_a_half_life_and_never_when_time_goes_back()
    {
        PlayerState state = new() { Logins = 40 };
        state.Age(100);
        state.Logins.ShouldBe((ushort)40, "the first event begins the count");
        state.Age(101);
        state.Logins.ShouldBe((ushort)20);
        state.Age(50);
        state.Age(101);
        state.Logins.ShouldBe((ushort)20);
        state.Age(uint.MaxValue);
        state.Logins.ShouldBe((ushort)0);
    }

    private static Guid Id(int number) => new(number, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0);

    private static int Middle(int[] values)
    {
        int[] sorted = [.. values.Order()];
        int half = sorted.Length / 2;
        return sorted.Length % 2 == 1 ? sorted[half] : (sorted[half - 1] + sorted[half]) / 2;
    }
}
