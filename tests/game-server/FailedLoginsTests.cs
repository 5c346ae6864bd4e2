using Game.Contracts;
using Game.GameServer.Accounts;
using Microsoft.Extensions.Time.Testing;

namespace Game.GameServer.Tests;

public sealed class FailedLoginsTests
{
    private readonly FakeTimeProvider _time = new(new DateTimeOffset(2026, 11, 1, 12, 0, 0, TimeSpan.Zero));

    [Fact]
    public void Each_failure_stops_counting_when_it_leaves_the_window()
    {
        FailedLogins failures = new(2, TimeSpan.FromMinutes(5), _time);
        failures.Admit(Place(1), Attempt(1)).ShouldBeTrue();
        _time.Advance(TimeSpan.FromMinutes(4));
        failures.Admit(Place(1), Attempt(2)).ShouldBeTrue();
        failures.Admit(Place(1), Attempt(3)).ShouldBeFalse();
        failures.Admit(Place(1), Attempt(2)).ShouldBeTrue("a retry of an admitted attempt");
        _time.Advance(TimeSpan.FromMinutes(1));
        failures.Admit(Place(1), Attempt(4)).ShouldBeTrue();
        failures.Admit(Place(1), Attempt(5)).ShouldBeFalse();
    }

    [Fact]
    public void A_success_removes_the_failures_of_its_place()
    {
        FailedLogins failures = new(1, TimeSpan.FromMinutes(5), _time);
        failures.Admit(Place(1), Attempt(1)).ShouldBeTrue();
        failures.Succeeded(Place(1), Attempt(1));
        failures.Count.ShouldBe(0);
        failures.Admit(Place(1), Attempt(2)).ShouldBeTrue();
        failures.Admit(Place(1), Attempt(3)).ShouldBeFalse();
    }

    [Fact]
    public void A_network_and_a_device_are_locked_separately()
    {
        FailedLogins failures = new(1, TimeSpan.FromMinutes(5), _time);
        failures.Admit(Place(1, "d-1"), Attempt(1)).ShouldBeTrue();
        failures.Admit(Place(1, "d-2"), Attempt(2)).ShouldBeFalse("the same network");
        failures.Admit(Place(2, "d-1"), Attempt(3)).ShouldBeFalse("the same device");
        failures.Admit(Place(2, "d-2"), Attempt(4)).ShouldBeTrue();
        failures.Admit(Place(1, "d-1") with { UserId = "q" }, Attempt(5)).ShouldBeTrue("another player");
    }

    [Fact]
    public void Strangers_with_many_addresses_and_devices_share_one_limit()
    {
        FailedLogins failures = new(3, TimeSpan.FromMinutes(5), _time);
        Enumerable.Range(0, 1_000).Count(i => failures.Admit(Place(i, $"d-{i}"), Attempt(i))).ShouldBe(3 * FailedLogins.AllStrangersFactor);
        failures.Admit(Place(1, "d-1") with { IsKnown = true }, Attempt(1)).ShouldBeTrue();
        failures.Succeeded(Place(1, "d-1") with { IsKnown = true }, Attempt(1));
        failures.Admit(Place(2_000, "d-2000"), Attempt(2_000)).ShouldBeFalse("the player's own success gives strangers no more guesses");
        _time.Advance(TimeSpan.FromMinutes(5));
        failures.Admit(Place(2_000, "d-2000"), Attempt(2_001)).ShouldBeTrue();
    }

    [Fact]
    public void A_known_place_is_locked_by_its_own_failures_only()
    {
        FailedLogins failures = new(2, TimeSpan.FromMinutes(5), _time);
        LoginPlace known = Place(1) with { IsKnown = true };
        failures.Admit(known, Attempt(1)).ShouldBeTrue();
        failures.Admit(known, Attempt(2)).ShouldBeTrue();
        failures.Admit(known, Attempt(3)).ShouldBeFalse();
        failures.Admit(Place(1, "other") with { IsKnown = true }, Attempt(4)).ShouldBeTrue();
    }

    [Fact]
    public void Failures_read_from_the_log_count_once_and_leave_the_window_like_others()
    {
        FailedLogins failures = new(2, TimeSpan.FromMinutes(5), _time);
        failures.Admit(Place(1), Attempt(1)).ShouldBeTrue();
        failures.Learn(Place(1), Id(1), _time.GetUtcNow());
        failures.Learn(Place(1), Id(2), _time.GetUtcNow().AddMinutes(-6));
        failures.Admit(Place(1), Attempt(3)).ShouldBeTrue();
        failures.Admit(Place(1), Attempt(4)).ShouldBeFalse();
        failures.Learn(Place(2, "d-2"), Id(5), _time.GetUtcNow());
        failures.Learn(Place(2, "d-2"), Id(6), _time.GetUtcNow());
        failures.Admit(Place(2, "d-2"), Attempt(7)).ShouldBeFalse();
    }

    [Fact]
    public void Counters_are_removed_after_the_window_and_when_there_are_too_many()
    {
        FailedLogins failures = new(1, TimeSpan.FromMinutes(5), _time, maxCounters: 30);
        for (int i = 0; i < 100; i++)
        {
            failures.Admit(Place(1) with { UserId = $"p-{i}" }, Attempt(i)).ShouldBeTrue();
        }

        failures.Count.ShouldBe(30);
        failures.Admit(Place(1) with { UserId = "p-95" }, Attempt(1000)).ShouldBeFalse();
        failures.Admit(Place(1) with { UserId = "p-1" }, Attempt(1001)).ShouldBeTrue("forgotten");
        _time.Advance(TimeSpan.FromMinutes(5));
        failures.Admit(Place(1) with { UserId = "q" }, Attempt(0)).ShouldBeTrue();
        failures.Count.ShouldBe(3);
    }

    private static LoginPlace Place(int network, string device = "d-1") => new("p", new IpValue((UInt128)network, IsV4: true), device, IsKnown: false);

    private static LoginAttempt Attempt(int number) => new(Id(number), (UInt128)number + 1);

    private static Guid Id(int number) => new(number, 0, 0, [0, 0, 0, 0, 0, 0, 0, 0]);
}
