using Game.Contracts;
using Game.Detector.Features;
using Game.Detector.Windows;

namespace Game.Detector.Partitions;

/// <summary>What an event adds to what is usual for its player.</summary>
internal static class Baseline
{
    private const long MillisPerMinute = 60_000;

    /// <summary>Adds a successful login. Failed logins are never added: a person who guesses secrets must not make their own network familiar.</summary>
    public static void Add(in EventView login, in LoginFeatures features, ref PlayerState state)
    {
        uint minute = (uint)(login.Ts / MillisPerMinute);
        Count(ref state.Logins, 1);
        Count(ref state.NewNetworks, features.NewNetwork > 0 || state.Logins == 1 ? 1 : 0);
        Count(ref state.NewAsns, features.NewAsn > 0 || state.Logins == 1 ? 1 : 0);
        Count(ref state.NewCountries, features.NewCountry > 0 || state.Logins == 1 ? 1 : 0);
        Count(ref state.NewDevices, features.NewDevice > 0 || state.Logins == 1 ? 1 : 0);
        ref FamiliarEntry network = ref FamiliarTable.Use(state.Networks, features.Network, minute);
        network.Asn = login.Asn;
        network.Country = features.Country;
        if (features.Device != 0)
        {
            FamiliarTable.Use(state.Devices, features.Device, minute);
        }

        if (!features.HasPosition)
        {
            return;
        }

        state.HasPosition = true;
        state.Position = features.Position;
        state.PositionTs = login.Ts;
    }

    /// <summary>Adds a trade. Partners of auctions meet by chance and are not remembered.</summary>
    public static void Add(in EventView trade, in TradeFeatures features, ref PlayerState state)
    {
        Count(ref state.Trades, 1);
        if (features.Gold != 0)
        {
            state.Gold.Add(features.Gold);
        }

        if (features.Items != 0)
        {
            state.Items.Add(features.Items);
        }

        state.OneSided.Add(features.Net);
        if (trade.Channel != TradeChannel.Auction)
        {
            FamiliarTable.Use(state.Partners, features.Counterparty, (uint)(trade.Ts / MillisPerMinute));
        }
    }

    private static void Count(ref ushort counter, int by)
    {
        if (counter < ushort.MaxValue)
        {
            counter += (ushort)by;
        }
    }
}
