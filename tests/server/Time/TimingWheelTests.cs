using Broker.Server.Time;
using CsCheck;
using Microsoft.Extensions.Time.Testing;

namespace Broker.Server.Tests.Time;

public class TimingWheelTests
{
    private readonly FakeTimeProvider _time = new();

    [Fact]
    public void Nothing_scheduled_means_no_timer()
    {
        using TimingWheel wheel = new(_time);
        wheel.IsArmed.ShouldBeFalse();
        TimerHandle handle = wheel.Schedule(TimeSpan.FromSeconds(1), () => { });
        wheel.IsArmed.ShouldBeTrue();
        handle.Cancel().ShouldBeTrue();
        wheel.IsArmed.ShouldBeFalse();
        handle.Cancel().ShouldBeFalse();

        wheel.Schedule(TimeSpan.FromMilliseconds(10), () => { });
        _time.Advance(TimeSpan.FromMilliseconds(15));
        wheel.Count.ShouldBe(0);
        wheel.IsArmed.ShouldBeFalse();
    }

    [Fact]
    public void An_earlier_time_out_rearms_the_timer()
    {
        using TimingWheel wheel = new(_time);
        List<int> fired = [];
        wheel.Schedule(TimeSpan.FromSeconds(30), () => fired.Add(30));
        wheel.Schedule(TimeSpan.FromSeconds(1), () => fired.Add(1));
        wheel.Schedule(TimeSpan.Zero, () => fired.Add(0));
        _time.Advance(TimeSpan.FromSeconds(2));
        fired.ShouldBe([0, 1]);
        _time.Advance(TimeSpan.FromSeconds(29));
        fired.ShouldBe([0, 1, 30]);
    }

    [Fact]
    public void A_callback_may_schedule_and_cancel()
    {
        using TimingWheel wheel = new(_time);
        int count = 0;
        void Again()
        {
            if (++count < 5)
            {
                wheel.Schedule(TimeSpan.FromMilliseconds(100), Again);
            }
        }

        wheel.Schedule(TimeSpan.FromMilliseconds(100), Again);
        for (int i = 0; i < 100; i++)
        {
            _time.Advance(TimeSpan.FromMilliseconds(11));
        }

        count.ShouldBe(5);
    }

    [Fact]
    public void A_time_out_fires_never_early_and_at_most_a_tick_and_a_millisecond_late() =>
        Gen.Select(Gen.Int[0, 40_000].Array[1, 40], Gen.Int[0, 39], Gen.Int[1, 900]).Sample((delays, cancelled, step) =>
        {
            FakeTimeProvider time = new();
            using TimingWheel wheel = new(time);
            long start = time.GetTimestamp();
            double[] firedAt = [.. delays.Select(_ => -1.0)];
            TimerHandle[] handles = [.. delays.Select((delay, i) => wheel.Schedule(TimeSpan.FromMilliseconds(delay),
                () => firedAt[i] = time.GetElapsedTime(start).TotalMilliseconds))];
            int gone = cancelled % delays.Length;
            handles[gone].Cancel().ShouldBeTrue();
            for (int now = 0; now < 42_000; now += step)
            {
                time.Advance(TimeSpan.FromMilliseconds(step));
            }

            for (int i = 0; i < delays.Length; i++)
            {
                if (i == gone)
                {
                    firedAt[i].ShouldBe(-1);
                    continue;
                }

                firedAt[i].ShouldBeInRange(delays[i], delays[i] + TimingWheel.Tick.TotalMilliseconds + 1 + step);
            }

            wheel.Count.ShouldBe(0);
        }, iter: 100);
}
