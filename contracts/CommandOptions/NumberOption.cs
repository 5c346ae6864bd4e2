using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using System.Numerics;

namespace Game.CommandOptions;

/// <summary>Options that are numbers within bounds. A value that is no number, or is out of bounds, is an error of one sentence.</summary>
public static class NumberOption
{
    private const NumberStyles Whole = NumberStyles.AllowLeadingSign;
    private const NumberStyles Real = NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint | NumberStyles.AllowExponent;

    /// <summary>An option that has a default. The help shows its bounds behind the description.</summary>
    /// <param name="name">With its dashes.</param>
    /// <param name="description">One or more sentences for the help, the last one with its full stop.</param>
    /// <param name="fallback">The value when the option is left out.</param>
    /// <param name="min">The least value that is accepted.</param>
    /// <param name="max">The greatest value that is accepted.</param>
    public static Option<T> Of<T>(string name, string description, T fallback, T min, T max)
        where T : struct, INumber<T> => new(name)
        {
            Description = WithBounds(description, min, max),
            DefaultValueFactory = _ => fallback,
            CustomParser = result => Read(result, name, min, max) ?? fallback,
        };

    /// <summary>An option without a default: its value is null when it is left out. The parameters are those of <see cref="Of"/>.</summary>
    public static Option<T?> Optional<T>(string name, string description, T min, T max)
        where T : struct, INumber<T> => new(name)
        {
            Description = WithBounds(description, min, max),
            CustomParser = result => Read(result, name, min, max),
        };

    private static string WithBounds<T>(string description, T min, T max) => string.Create(CultureInfo.InvariantCulture, $"{description} {min} to {max}.");

    private static T? Read<T>(ArgumentResult result, string name, T min, T max)
        where T : struct, INumber<T>
    {
        bool isWhole = T.CreateTruncating(0.5) == T.Zero;
        string text = result.Tokens[^1].Value;
        if (T.TryParse(text, isWhole ? Whole : Real, CultureInfo.InvariantCulture, out T value) && value >= min && value <= max)
        {
            return value;
        }
        string kind = isWhole ? "whole number" : "number";
        result.AddError(string.Create(CultureInfo.InvariantCulture, $"{name} is '{text}', but must be a {kind} between {min} and {max}."));
        return null;
    }
}
