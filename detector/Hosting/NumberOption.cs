using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using System.Numerics;

namespace Game.Detector.Hosting;

/// <summary>Options that are numbers within bounds; anything else is refused with one sentence.</summary>
internal static class NumberOption
{
    public static Option<T> Of<T>(string name, string description, T fallback, T min, T max)
        where T : struct, INumber<T> =>
        new(name)
        {
            Description = string.Create(CultureInfo.InvariantCulture, $"{description} {min} to {max}."),
            DefaultValueFactory = _ => fallback,
            CustomParser = result => Read(result, name, fallback, min, max),
        };

    private static T Read<T>(ArgumentResult result, string name, T fallback, T min, T max)
        where T : struct, INumber<T>
    {
        string text = result.Tokens[0].Value;
        if (T.TryParse(text, CultureInfo.InvariantCulture, out T value) && value >= min && value <= max)
        {
            return value;
        }
        result.AddError(string.Create(CultureInfo.InvariantCulture, $"{name} is '{text}', but must be a number between {min} and {max}."));
        return fallback;
    }
}
