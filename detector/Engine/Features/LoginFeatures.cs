using Game.Contracts;
using Game.Detector.Rules;
using Game.Detector.Windows;
using Game.Detector.Arithmetic;

namespace Game.Detector.Features;

/// <summary>What is unusual about a login, compared with the player's state before it. Shares and flags are 0 to 1.</summary>
internal struct LoginFeatures
{
    public int Logins;

    /// <summary>
    /// 1 if the player has never used the address range, less if the player's ranges change often, 0 if the range is known. The next three say the same of the
    /// provider, the country and the device.
    /// </summary>
    public double NewNetwork;
    public double NewAsn;
    public double NewCountry;
    public double NewDevice;

    public double DistanceKm;

    /// <summary>Straight-line speed since the last successful login; the time between the two counts as at least one minute.</summary>
    public double SpeedKmh;

    /// <summary>Failed logins within the window, this one included.</summary>
    public int Failures;

    // What the baseline keeps of the login.
    public ulong Network;
    public ulong Device;
    public ushort Country;
    public bool HasPosition;
    public SpherePoint Position;

    private const double MillisPerHour = 3_600_000;
    private const double OneMinuteInHours = 1.0 / 60;

    public static LoginFeatures Of(in EventView login, ref PlayerState state, RuleSet rules)
    {
        LoginFeatures features = new()
        {
            Logins = state.Logins,
            Network = AddressRange.HashOf(login.Ip, rules.Windows),
            Device = login.DeviceId.IsEmpty ? 0 : StableHash.Of(login.DeviceId),
            Country = login.Country.Length == 2 ? (ushort)(login.Country[0] << 8 | login.Country[1]) : (ushort)0,
            HasPosition = login.HasLocation,
            Position = login.HasLocation ? Sphere.At(login.Lat, login.Lon) : default,
        };
        features.Compare(login, ref state);
        features.Travel(login.Ts, ref state);
        features.CountFailures(login, ref state, rules.IpChange.FailureWindowMinutes * 60_000L);
        return features;
    }

    private void Compare(in EventView login, ref PlayerState state)
    {
        bool asn = login.Asn == 0, country = Country == 0, network = false;
        foreach (ref readonly FamiliarEntry known in state.Networks)
        {
            network |= known.Key == Network;
            asn |= known.Asn == login.Asn;
            country |= known.Country == Country;
        }

        bool device = Device == 0 || FamiliarTable.Find(state.Devices, Device) >= 0;
        NewNetwork = network ? 0 : Steadiness(state.NewNetworks, state.Logins);
        NewAsn = asn ? 0 : Steadiness(state.NewAsns, state.Logins);
        NewCountry = country ? 0 : Steadiness(state.NewCountries, state.Logins);
        NewDevice = device ? 0 : Steadiness(state.NewDevices, state.Logins);
    }

    // The first login is always new, so it does not count as a change.
    private static double Steadiness(int changes, int logins) => logins == 0 ? 0 : 1 - (Math.Clamp(changes - 1, 0, logins) / (double)logins);

    private void Travel(long ts, ref PlayerState state)
    {
        if (!HasPosition || !state.HasPosition)
        {
            return;
        }
        DistanceKm = Sphere.ChordKm(Position, state.Position);
        SpeedKmh = DistanceKm / Math.Max(Math.Abs(ts - state.PositionTs) / MillisPerHour, OneMinuteInHours);
    }

    private void CountFailures(in EventView login, ref PlayerState state, long window)
    {
        Failures = login.Outcome == LoginOutcome.Ok ? 0 : 1;
        for (int age = 0; age < state.Ring.Count; age++)
        {
            ref readonly WindowEvent earlier = ref state.Ring.FromNewest(age);
            if (earlier.Kind == EventKind.Login && earlier.Outcome != LoginOutcome.Ok && Math.Abs(login.Ts - earlier.Ts) <= window)
            {
                Failures++;
            }
        }
    }
}
