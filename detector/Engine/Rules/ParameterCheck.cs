using System.Globalization;

namespace Game.Detector.Rules;

/// <summary>Checks of parameters: null, or one sentence naming the parameter and what it may be.</summary>
internal static class ParameterCheck
{
    public static string? Of(string name, double value, double min, double max)
        => value >= min && value <= max ? null : string.Create(CultureInfo.InvariantCulture, $"{name} is {value}, but must lie between {min} and {max}.");

    public static string? Share(string name, double value) => Of(name, value, 0, 1);

    public static string? First(params ReadOnlySpan<string?> problems)
    {
        foreach (string? problem in problems)
        {
            if (problem is not null)
            {
                return problem;
            }
        }

        return null;
    }
}
