using System.Globalization;

namespace Faults.Tests;

/// <summary>How many rounds are run: a smoke test by default, more with <c>./game test --faults N</c> and <c>--nightly</c>.</summary>
internal static class Rounds
{
    /// <summary>Rounds of killed programs take long, and more of them show nothing new.</summary>
    private const int MostOfPrograms = 20;

    /// <summary>Faults of a cluster in one run.</summary>
    public static int OfCluster(int smoke) => Wanted is { } wanted ? Math.Max(smoke, wanted) : smoke;

    /// <summary>Rounds of killed programs; 20 at most.</summary>
    public static int Of(int smoke) => Math.Min(OfCluster(smoke), Math.Max(smoke, MostOfPrograms));

    public static bool IsNightly => Environment.GetEnvironmentVariable("GAME_NIGHTLY") == "1";

    private static int? Wanted
        => int.TryParse(Environment.GetEnvironmentVariable("GAME_FAULTS"), NumberStyles.None, CultureInfo.InvariantCulture, out int wanted) ? wanted : null;
}
