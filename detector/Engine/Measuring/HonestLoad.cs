using System.Text;
using Game.Contracts;

namespace Game.Detector.Measuring;

/// <summary>Events of players with steady habits, encoded as they lie in the topic: what the benchmarks judge. The same seed gives the same bytes.</summary>
public sealed class HonestLoad
{
    /// <summary>More than a window holds, so that a second pass over the load repeats no id that is remembered.</summary>
    public const int EventsPerPlayer = 36;

    private const int LoginEvery = 9;
    private const long StartMs = 1_790_000_000_000;
    private const long StepMs = 600_000;
    private const double TradeScale = 500;

    private readonly byte[] _bytes;
    private readonly (int KeyStart, int ValueStart, int End, long Timestamp)[] _records;

    /// <param name="players">1 to 100,000.</param>
    /// <param name="seed">Decides everything.</param>
    public HonestLoad(int players, int seed)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(players, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(players, 100_000);
        Random random = new(seed);
        MemoryStream buffer = new();
        using EventEncoder encoder = new();
        _records = new (int, int, int, long)[players * EventsPerPlayer];
        int[] order = new int[players];
        for (int i = 0; i < players; i++)
        {
            order[i] = i;
        }
        int at = 0;
        for (int step = 0; step < EventsPerPlayer; step++)
        {
            random.Shuffle(order);
            foreach (int player in order)
            {
                _records[at++] = Append(buffer, encoder, Event(player, step, random));
            }
        }

        _bytes = buffer.ToArray();
    }

    public int Count => _records.Length;

    public int BytesPerEvent => _bytes.Length / _records.Length;

    public ReadOnlySpan<byte> Key(int index) => _bytes.AsSpan(_records[index].KeyStart, _records[index].ValueStart - _records[index].KeyStart);

    public ReadOnlySpan<byte> Value(int index) => _bytes.AsSpan(_records[index].ValueStart, _records[index].End - _records[index].ValueStart);

    /// <summary>The record's timestamp: that of its event, epoch milliseconds.</summary>
    public long Timestamp(int index) => _records[index].Timestamp;

    private static (int, int, int, long) Append(MemoryStream buffer, EventEncoder encoder, PlayerEvent value)
    {
        int start = (int)buffer.Length;
        buffer.Write(Encoding.UTF8.GetBytes(value.UserId));
        int middle = (int)buffer.Length;
        buffer.Write(encoder.Encode(value));
        return (start, middle, (int)buffer.Length, value.Ts);
    }

    private static PlayerEvent Event(int player, int step, Random random)
    {
        long ts = StartMs + (step * StepMs) + random.Next((int)StepMs);
        return step % LoginEvery == 0 ? Login(player, ts, random) : Trade(player, ts, random);
    }

    private static Guid Id(Random random)
    {
        Span<byte> bits = stackalloc byte[16];
        random.NextBytes(bits);
        return new Guid(bits);
    }

    private static LoginEvent Login(int player, long ts, Random random) => new()
    {
        EventId = Id(random),
        UserId = $"u-{player:D7}",
        Ts = ts,
        ServerId = "gs-1",
        SessionId = $"s-{player}-{ts}",
        Ip = $"20.{player >> 8 & 255}.{player & 255}.{random.Next(1, 255)}",
        Country = "DE",
        Asn = 64_500,
        Lat = 52.52,
        Lon = 13.40,
        DeviceId = $"d-{player:x8}",
        ClientVersion = "4.2.0",
        Outcome = LoginOutcome.Ok,
    };

    private static TradeEvent Trade(int player, long ts, Random random)
    {
        long value = 1 + (long)(TradeScale * (1 + random.NextDouble()));
        bool buys = random.Next(2) == 0;
        return new TradeEvent
        {
            EventId = Id(random),
            UserId = $"u-{player:D7}",
            Ts = ts,
            ServerId = "gs-1",
            SessionId = $"s-{player}",
            Ip = $"20.{player >> 8 & 255}.{player & 255}.7",
            TradeId = random.NextInt64().ToString("x16"),
            CounterpartyId = $"u-{(player + random.Next(1, 6)) % 100_000:D7}",
            Channel = random.Next(2) == 0 ? TradeChannel.Auction : TradeChannel.Direct,
            GoldDelta = buys ? -value : value,
            GoldBalance = 40_000 + random.Next(1_000),
            ItemId = "sword",
            ItemDelta = buys ? 1 : -1,
            ItemValue = value,
            InventoryValue = 40_000 + random.Next(1_000),
        };
    }
}
