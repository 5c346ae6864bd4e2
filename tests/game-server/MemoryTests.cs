using Game.Contracts;
using Game.GameServer.Accounts;
using Game.GameServer.Memory;

namespace Game.GameServer.Tests;

public sealed class MemoryTests
{
    private static LoginEvent Login(Guid id, string user = "p-1") => new()
    {
        EventId = id, UserId = user, Ts = 1, ServerId = "gs", SessionId = "s", Ip = "192.0.2.1", DeviceId = "d", ClientVersion = "1", Outcome = LoginOutcome.Ok,
    };

    private static RecentEvents Events(int generation = 1_000) => new(new EventContent(7), generation);

    [Fact]
    public void The_newest_entries_stay_and_their_number_is_bounded()
    {
        RecentMap<int, int> map = new(100);
        for (int i = 0; i < 10_000; i++)
        {
            map.Set(i, i);
            map.TryGet(0, out int first).ShouldBeTrue("it is asked for all the time");
            first.ShouldBe(0);
            map.Count.ShouldBeLessThanOrEqualTo(200);
        }

        Enumerable.Range(9_900, 100).Count(i => map.TryGet(i, out _)).ShouldBe(100);
        map.TryGet(5_000, out _).ShouldBeFalse();
    }

    [Fact]
    public void A_generation_gets_its_whole_size_at_once()
    {
        const int Entries = 100_000;
        long whole = Allocated(() => _ = new Dictionary<long, long>(Entries));
        RecentMap<long, long> map = new(Entries);
        long filled = Allocated(() =>
        {
            for (int i = 0; i < Entries; i++)
            {
                map.Set(i, i);
            }
        });
        filled.ShouldBeInRange(whole, whole + whole / 10);
    }

    [Fact]
    public void An_id_is_refused_with_other_content_and_accepted_for_a_retry()
    {
        using RecentEvents events = Events();
        LoginEvent login = Login(TestServer.NewKey());
        events.TryUse(new EventUse(login, 1)).ShouldBeTrue();
        events.TryUse(new EventUse(login with { Ts = 2, ServerId = "other", Country = "DE" }, 1)).ShouldBeTrue();
        events.TryUse(new EventUse(login, 2)).ShouldBeFalse("another secret");
        events.TryUse(new EventUse(login with { Ip = "198.51.100.1" }, 1)).ShouldBeFalse();
        events.TryUse(new EventUse(login with { Outcome = LoginOutcome.BadPassword }, 1)).ShouldBeFalse();
    }

    [Fact]
    public void Both_sides_of_a_trade_are_remembered_or_neither()
    {
        using RecentEvents events = Events();
        LoginEvent one = Login(TestServer.NewKey()), two = Login(TestServer.NewKey());
        events.TryUse(new EventUse(two)).ShouldBeTrue();
        events.TryUse(new EventUse(one), new EventUse(two with { UserId = "q" })).ShouldBeFalse();
        events.TryUse(new EventUse(one with { UserId = "q" })).ShouldBeTrue();
    }

    [Fact]
    public void Events_of_the_log_are_remembered_and_do_not_replace_the_first_content_of_an_id()
    {
        using RecentEvents events = Events();
        LoginEvent login = Login(TestServer.NewKey());
        Learn(events, login);
        events.TryUse(new EventUse(login with { UserId = "q" }, 1)).ShouldBeFalse();
        events.TryUse(new EventUse(login, 1)).ShouldBeTrue("a retry at another server");
        Learn(events, login with { UserId = "q" });
        events.TryUse(new EventUse(login, 1)).ShouldBeTrue();
    }

    [Fact]
    public void A_place_is_the_player_the_device_and_the_network_around_the_address()
    {
        KnownPlaces places = new(new KeyedHash(7), 100);
        IpValue home = Ip("192.0.2.77");
        places.Add("p", home, "d");
        places.Find("p", home, "d").IsKnown.ShouldBeTrue();
        places.Find("p", Ip("192.0.2.1"), "d").IsKnown.ShouldBeTrue();
        places.Find("p", Ip("192.0.3.77"), "d").IsKnown.ShouldBeFalse();
        places.Find("q", home, "d").IsKnown.ShouldBeFalse();
        places.Find("p", home, "e").IsKnown.ShouldBeFalse();
        places.Find("pd", home, "").IsKnown.ShouldBeFalse();
        places.Add("p", Ip("2001:db8:1:2::3"), "d");
        places.Find("p", Ip("2001:db8:1:9::9"), "d").IsKnown.ShouldBeTrue();
        places.Find("p", Ip("2001:db8:2:2::3"), "d").IsKnown.ShouldBeFalse();
        for (int i = 0; i < 1_000; i++)
        {
            places.Add($"p-{i}", home, "d");
        }

        places.Count.ShouldBeLessThanOrEqualTo(200);
        places.Find("p", home, "d").IsKnown.ShouldBeFalse("forgotten");
    }

    private static void Learn(RecentEvents events, LoginEvent login)
    {
        using EventEncoder encoder = new();
        new EventDecoder().Decode(encoder.Encode(login), out EventView view).ShouldBe(DecodeFailure.None);
        events.Learn(view);
    }

    private static IpValue Ip(string text)
    {
        IpValue.TryParse(System.Text.Encoding.ASCII.GetBytes(text), out IpValue address).ShouldBeTrue();
        return address;
    }

    private static long Allocated(Action action)
    {
        long before = GC.GetAllocatedBytesForCurrentThread();
        action();
        return GC.GetAllocatedBytesForCurrentThread() - before;
    }
}
