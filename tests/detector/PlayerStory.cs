using System.Text;
using Game.Contracts;
using Game.Detector.Partitions;
using Game.Detector.Rules;

namespace Game.Detector.Tests;

/// <summary>Feeds an engine the events of one player; keeps the alerts of the newest event and of all.</summary>
internal sealed class PlayerStory(RuleSet? rules = null, string user = "u-1") : IDisposable
{
    public const long Minute = 60_000;
    public const long Day = 86_400_000;
    private const long Start = 1_790_000_000_000;

    private readonly EventEncoder _encoder = new();
    private int _events;
    private PlayerEvent? _newest;

    public static readonly Place Berlin = new("20.0.1.7", "DE", 64_500, 52.52, 13.40);
    public static readonly Place Sydney = new("30.0.1.7", "AU", 64_700, -33.87, 151.21);

    public sealed record Place(string Ip, string Country, uint Asn, double Lat, double Lon);

    public PartitionEngine Engine { get; } = new(3, rules ?? new RuleSet());

    public long Now { get; private set; } = Start;

    public long Gold { get; set; } = 50_000;

    public long Goods { get; set; } = 50_000;

    public long NextOffset { get; private set; }

    public Verdict Verdict { get; private set; }

    /// <summary>Alerts of the newest event.</summary>
    public IReadOnlyList<Alert> Alerts { get; private set; } = [];

    /// <summary>Alerts of all events.</summary>
    public List<Alert> AllAlerts { get; } = [];

    /// <summary>Days of logging in at home and trading fairly with two friends, twenty by default.</summary>
    public PlayerStory SteadyLife(int days = 20, int tradesADay = 4)
    {
        for (int day = 0; day < days; day++)
        {
            Login(Berlin, "phone");
            for (int trade = 0; trade < tradesADay; trade++)
            {
                After(10 * Minute).FairTrade(400 + (trade * 60), trade % 2 == 0 ? "friend-a" : "friend-b");
            }
            After(Day - (tradesADay * 10 * Minute));
        }

        return this;
    }

    public PlayerStory After(long milliseconds)
    {
        Now += milliseconds;
        return this;
    }

    public PlayerStory Login(Place from, string device, LoginOutcome outcome = LoginOutcome.Ok, Guid? id = null) => Append(new LoginEvent
    {
        EventId = id ?? NextId(),
        UserId = user,
        Ts = Now,
        ServerId = "gs-1",
        SessionId = outcome == LoginOutcome.Ok ? "s-1" : "",
        Ip = from.Ip,
        Country = from.Country,
        Asn = from.Asn,
        Lat = from.Lat,
        Lon = from.Lon,
        DeviceId = device,
        ClientVersion = "4.2.0",
        Outcome = outcome,
    });

    /// <summary>Buys or sells one piece at its market value.</summary>
    public PlayerStory FairTrade(long price, string partner, TradeChannel channel = TradeChannel.Direct)
    {
        bool buys = _events % 2 == 0;
        return Trade(buys ? -price : price, buys ? 1 : -1, price, partner, channel);
    }

    public PlayerStory GiveGold(long gold, string partner, string ip = "") => Trade(-gold, 0, 0, partner, TradeChannel.Mail, ip);

    public PlayerStory Trade(long gold, int pieces, long price, string partner, TradeChannel channel, string ip = "")
    {
        Gold += gold;
        Goods += pieces * price;
        return Append(new TradeEvent
        {
            EventId = NextId(),
            UserId = user,
            Ts = Now,
            ServerId = "gs-1",
            SessionId = "s-1",
            Ip = ip,
            TradeId = $"t-{_events}",
            CounterpartyId = partner,
            Channel = channel,
            GoldDelta = gold,
            GoldBalance = Gold,
            ItemId = pieces == 0 ? "" : "sword",
            ItemDelta = pieces,
            ItemValue = price,
            InventoryValue = Goods,
        });
    }

    /// <summary>The newest event.</summary>
    public T Newest<T>()
        where T : PlayerEvent => (T)_newest!;

    /// <summary>Processes an event; its record's timestamp is the event's time unless another is given.</summary>
    public PlayerStory Append(PlayerEvent value, long? timestamp = null)
    {
        _newest = value;
        _events++;
        Decision decision = Engine.Process(Encoding.UTF8.GetBytes(user), _encoder.Encode(value), NextOffset++, timestamp ?? value.Ts);
        Verdict = decision.Verdict;
        Alerts = decision.Alerts;
        AllAlerts.AddRange(decision.Alerts);
        return this;
    }

    public PlayerStory ShouldBeQuiet()
    {
        AllAlerts.Select(alert => $"{alert.Rule} {alert.Score}: {alert.Reason}").ShouldBeEmpty();
        return this;
    }

    public Alert ShouldAlert(string rule)
    {
        Alerts.Count.ShouldBe(1);
        Alerts[0].Rule.ShouldBe(rule);
        return Alerts[0];
    }

    public void Dispose() => _encoder.Dispose();

    private Guid NextId() => new(_events + 1, 7, 0x7000, 0x80, 0, 0, 0, 0, 0, 0, 0);
}
