using System.Globalization;

namespace Faults.Tests;

/// <summary>How many rounds are run: a smoke test by default, more with <c>./game test --faults N</c> and <c>--nightly</c>.</summary>
internal static class Rounds
{
    /// <summary>Rounds of killed processes.</summary>
    public static int Of(int smoke)
        => int.TryParse(Environment.GetEnvironmentVariable("GAME_FAULTS"), NumberStyles.None, CultureInfo.InvariantCulture, out int rounds)
        ? Math.Max(smoke, rounds) : smoke;

    public static bool IsNightly => Environment.GetEnvironmentVariable("GAME_NIGHTLY") == "1";
}
