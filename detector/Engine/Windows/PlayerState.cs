using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using Game.Detector.Arithmetic;

namespace Game.Detector.Windows;

/// <summary>
/// All that is remembered of a player: the last 30 events and baselines of constant size, about 2.8 KB without references. Logins and trades have separate
/// baselines, and the ratings of the last logins are kept outside the ring, so that 30 cheap trades cannot push the login history out.
/// </summary>
internal struct PlayerState
{
    /// <summary>Home, mobile, work, a friend's and some travels.</summary>
    public const int NetworkSlotCount = 8;

    /// <summary>Phone, computer and their predecessors.</summary>
    public const int DeviceSlotCount = 6;

    /// <summary>Friends and guild mates with whom a player trades directly; auctions are not remembered.</summary>
    public const int PartnerSlotCount = 12;

    /// <summary>Address ranges of sessions that trade at the same time or one after the other: a thief seldom uses more.</summary>
    public const int RatedSlotCount = 4;

    public EventRing Ring;
    public Log2Histogram Gold;
    public Log2Histogram Items;
    public Log2Histogram OneSided;

    /// <summary>Successful logins, saturating, halved with the baseline; the four below count how many of them brought something new.</summary>
    public ushort Logins;
    public ushort NewNetworks;
    public ushort NewAsns;
    public ushort NewCountries;
    public ushort NewDevices;
    public ushort Trades;

    /// <summary>The number of the baseline's current half-life: days of event time divided by the half-life.</summary>
    public uint Period;

    public bool HasPosition;

    /// <summary>Where and when (epoch milliseconds) the newest successful login with a position came from.</summary>
    public SpherePoint Position;
    public long PositionTs;

    private NetworkTable _networks;
    private DeviceTable _devices;
    private PartnerTable _partners;
    private RatedTable _rated;
    private QuietTable _quiet;

    [InlineArray(NetworkSlotCount)]
    private struct NetworkTable
    {
        private FamiliarEntry _first;
    }

    [InlineArray(DeviceSlotCount)]
    private struct DeviceTable
    {
        private FamiliarEntry _first;
    }

    [InlineArray(PartnerSlotCount)]
    private struct PartnerTable
    {
        private FamiliarEntry _first;
    }

    [InlineArray(RatedSlotCount)]
    private struct RatedTable
    {
        private RatedLogin _first;
    }

    [InlineArray(QuietTimes.SlotCount)]
    private struct QuietTable
    {
        private Finding _first;
    }

    [UnscopedRef]
    public Span<FamiliarEntry> Networks => _networks;

    [UnscopedRef]
    public Span<FamiliarEntry> Devices => _devices;

    [UnscopedRef]
    public Span<FamiliarEntry> Partners => _partners;

    [UnscopedRef]
    public Span<RatedLogin> Rated => _rated;

    [UnscopedRef]
    public Span<Finding> Quiet => _quiet;

    /// <summary>Halves the baselines once for every half-life since the last call. A lower period changes nothing.</summary>
    public void Age(uint period)
    {
        if (period <= Period)
        {
            return;
        }
        int times = (int)Math.Min(period - Period, 16);
        bool isNew = Period == 0;
        Period = period;
        if (isNew)
        {
            return;
        }
        Gold.Halve(times);
        Items.Halve(times);
        OneSided.Halve(times);
        FamiliarTable.Halve(Networks, times);
        FamiliarTable.Halve(Devices, times);
        FamiliarTable.Halve(Partners, times);
        HalveCounters(times);
    }

    private void HalveCounters(int times)
    {
        Logins = (ushort)(Logins >> times);
        NewNetworks = (ushort)(NewNetworks >> times);
        NewAsns = (ushort)(NewAsns >> times);
        NewCountries = (ushort)(NewCountries >> times);
        NewDevices = (ushort)(NewDevices >> times);
        Trades = (ushort)(Trades >> times);
    }
}
